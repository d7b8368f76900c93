var app = {
  user: null,
  start: function () {
    var self = this;
    $.getJSON('/me', function (user) {
      self.user = user;
      FS.identify(user.id, { displayName: user.name });
    });
    $('#logout').on('click', function (e) {
      e.preventDefault();
      self.logout();
    });
  },
  logout: function () {
    // expect: PB001
    $.post('/logout', function () {
      window.location.reload();
    });
  },
};
