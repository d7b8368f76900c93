"""The thinking: who a device belongs to and where an operation goes. Pure; time and ids are arguments."""
