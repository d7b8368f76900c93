"""The memory: one contract, several engines. `contract` says what is asked of them; `boot` alone chooses one."""
