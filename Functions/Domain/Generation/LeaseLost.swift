/// The claim is no longer held: the job was canceled, or its lease ran out and another worker has it.
struct LeaseLost: Error {
    /// Whether this worker has just recorded a call that nobody else can have told the provider to stop.
    var leavesCall = false
}
