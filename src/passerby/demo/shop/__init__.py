"""The demo's shop: a small app with every way in and out, instrumented as an app should be."""

from passerby.demo.shop.app import Shop, shop_app

__all__ = ["Shop", "shop_app"]
