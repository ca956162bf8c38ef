import ArgumentParser

/// `emulator storage`: the objects of an emulator from the command line.
struct StorageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage",
        abstract: "Look into the object store of an emulator and change what is there.",
        discussion: """
            Places in the store are written s3://bucket/key. The verbs speak to the emulator that runs on the data folder; \
            where none runs they open the store itself (flush needs a running one).
            """,
        subcommands: [
            StorageListCommand.self, StorageCopyCommand.self, StorageRemoveCommand.self, StorageShowCommand.self,
            StorageSignCommand.self, StorageVerifyCommand.self, StorageImportCommand.self, StorageExportCommand.self,
            StorageFlushCommand.self, StorageResetCommand.self, StorageTargetsCommand.self,
        ])
}
