/// What a lifecycle wants done with a key now.
enum LifecycleAction: Hashable {
    /// The current object is deleted as if a client did it: for good, or by a delete marker.
    case expire
    /// One version, or a delete marker, is removed for good. Its name; nil is the version called `null`.
    case remove(version: String?)
}
