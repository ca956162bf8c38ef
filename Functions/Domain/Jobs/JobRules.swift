/// What a request for a job may ask, and how long a job may take.
package enum JobRules {
    /// Characters of a prompt, after trimming.
    package static let longestPrompt = 4_000
    /// Bytes of the parameters as JSON.
    package static let largestParameters = 16 << 10
    /// Characters of an Idempotency-Key.
    package static let longestKey = 200
    /// Jobs in one page of a list.
    package static let pageLimit = 100
    /// How long a claim holds without renewal. A dead worker's job is back in the queue one sweep after this.
    package static let lease = Duration.seconds(10)
    /// How long a job may take from being queued to its end; then a failed attempt is its last.
    package static let wallTime = Duration.seconds(3600)
    /// How long one provider call is watched before it is given up.
    package static let longestCall = Duration.seconds(600)
    /// Workers that may die with a job, and with no other, before it is called poisonous.
    package static let workerDeaths = 3
    /// Workers that may die with a job before it is worked on alone: only so is seen which of several is the poisonous one.
    package static let deathsBeforeSolitude = 3
    /// How long a job waits for its upload: the signed URL's life and a little more.
    package static let uploadPatience = Duration.seconds(900)
    /// How far ahead an outbox row lies: whoever commits it also publishes at once, and the relay is only for what that missed.
    package static let relayGrace = Duration.seconds(5)
}
