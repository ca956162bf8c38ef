/// Which of its queue's three streams a job waits in. Messages age: low is never starved.
package enum JobPriority: String, Sendable, Codable, CaseIterable {
    case high, normal, low
}
