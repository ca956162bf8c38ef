import Queue

/// Which messages a queue trigger holds and which of them may run: a value without clock or input and output.
///
/// Messages that were in flight together when their process crashed are suspects. Each of them runs alone, while nothing
/// else does: so the one that crashes again is the poisonous one, and the others lose nothing.
struct QueueIntake: Sendable {
    /// At most so many messages are held.
    let capacity: Int
    var isPaused = false
    /// The trigger was told to stop.
    var isDraining = false
    /// By the number of their taking, until they are settled.
    private(set) var held: [Int: LeasedMessage] = [:]
    private(set) var running = 0
    private(set) var isIsolating = false
    private(set) var suspects = 0
    private var lastNumber = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// How many messages may be taken; nil: none now.
    var room: Int? {
        !isPaused && suspects == 0 && !isIsolating && held.count < capacity ? capacity - held.count : nil
    }

    /// Records a message that was taken; it waits for its run.
    mutating func take(_ message: LeasedMessage) -> Int {
        lastNumber += 1
        held[lastNumber] = message
        return lastNumber
    }

    /// A message begins to run beside others; nil while suspects are looked at.
    mutating func begin() -> Void? {
        guard suspects == 0, !isIsolating else { return nil }
        running += 1
        return ()
    }

    /// A run is over.
    mutating func end() {
        running -= 1
    }

    /// A run is over, and its message is a suspect.
    mutating func suspect() {
        running -= 1
        suspects += 1
    }

    /// A suspect begins to run alone; nil while anything else runs.
    mutating func beginIsolated() -> Void? {
        guard running == 0, !isIsolating else { return nil }
        suspects -= 1
        isIsolating = true
        return ()
    }

    /// The run of a suspect is over.
    mutating func endIsolated() {
        isIsolating = false
    }

    /// A suspect does not run any more, because the trigger stops.
    mutating func dropSuspect() {
        suspects -= 1
    }

    /// The message is settled: acknowledged, retried, given back or given up.
    mutating func settle(_ number: Int) {
        held[number] = nil
    }
}
