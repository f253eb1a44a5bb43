"""The live hub: one tailer a process, frames encoded once, clients that are only a cursor. Framework-free."""
