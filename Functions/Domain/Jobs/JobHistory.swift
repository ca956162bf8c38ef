/// What happened to a job since somebody last looked.
package struct JobHistory: Sendable, Hashable {
    /// In order.
    package var events: [JobEvent]
    package var status: JobState
    /// Number of the job's newest event; it may have happened after `events` were read.
    package var newest: Int

    /// Whether there is nothing more to come for somebody who has seen event `sequence`.
    package func isComplete(after sequence: Int) -> Bool {
        status.isTerminal && newest <= sequence
    }
}
