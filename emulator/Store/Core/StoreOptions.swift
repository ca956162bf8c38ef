/// How the store keeps what it is given.
package struct StoreOptions: Sendable {
    /// What an acknowledgement promises.
    package enum Durability: Sendable {
        /// The change is on disk (fsync of file, folder and journal): it survives a power cut.
        case synced
        /// The change is in the kernel's hands: it survives a kill of this process, not a power cut. For tests and
        /// benchmarks.
        case fast
    }

    /// Synced unless told otherwise.
    package var durability: Durability
    /// Contents of at most this many bytes live inside the database, where one journal write makes many of them durable
    /// at once; larger ones are files.
    package var inlineLimit: Int

    package init(durability: Durability = .synced, inlineLimit: Int = 32 << 10) {
        self.durability = durability
        self.inlineLimit = inlineLimit
    }
}
