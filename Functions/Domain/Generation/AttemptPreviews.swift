internal import Cryptography
internal import FoundationEssentials
internal import FunctionRuntime
internal import Synchronization

/// Shows what a provider has drawn so far during one attempt: keeps the newest in storage and says so. Previews are few and small, and
/// one that cannot be kept is no reason for anything but a line in the log.
final class AttemptPreviews: Sendable {
    /// Bytes of one.
    static let largest = 8 << 20

    private let claim: JobClaim
    private let leases: JobLeases
    private let notifier: JobNotifier
    private let files: any PictureFiles
    private let log: Log
    private let pace: Mutex<PreviewPace>

    init(
        _ claim: JobClaim, _ leases: JobLeases, _ notifier: JobNotifier, _ files: any PictureFiles, log: Log,
        interval: Duration = .milliseconds(500)
    ) {
        self.claim = claim
        self.leases = leases
        self.notifier = notifier
        self.files = files
        self.log = log
        pace = Mutex(PreviewPace(first: interval))
    }

    /// Takes a preview, unless it comes too soon, is too large or is no picture.
    ///
    /// - Returns: whether the claim is still held, as far as this knows.
    func show(_ bytes: [UInt8]) async -> Bool {
        guard let isFirst = admit(bytes) else { return true }
        let header: ImageHeader
        do throws(ImageHeaderError) {
            header = try ImageHeader(sniffing: bytes)
        } catch {
            log.debug("a preview is no picture", ["jobId": claim.job.id.text, "error": "\(error)"])
            return true
        }
        guard ImageRules.refusal(of: header) == nil else { return true }
        // Never the key of another: browsers keep what they have seen under an address.
        let id = UUID.version7()
        let key =
            "\(ImageRules.previewPrefix)\(claim.job.userID.text)/\(claim.job.id.text)/\(id.text)."
            + header.format.fileExtension
        let image = StoredImage(
            id: id, storageKey: key, format: header.format, width: header.width, height: header.height,
            size: Int64(bytes.count))
        do {
            try await files.write(key, bytes, format: header.format)
            guard
                let sequence = try await leases.preview(
                    claim.token, NewResult(image: image, sha256: SHA256.hash(bytes)))
            else {
                try await files.remove(key)
                return false
            }
            await notifier.notify(claim.job.id, sequence: sequence, log: log)
            if !isFirst { try await removeStale() }
        } catch {
            log.warning("a preview could not be kept", ["jobId": claim.job.id.text, "error": "\(error)"])
        }
        return true
    }

    /// Removes what was shown, after the job has ended. What this misses, the function SweepPreviews finds.
    func clear() async {
        guard pace.withLock({ $0.count }) > 0 else { return }
        do {
            try await removeStale()
        } catch {
            log.warning("previews could not be removed", ["jobId": claim.job.id.text, "error": "\(error)"])
        }
    }

    private func removeStale() async throws {
        _ = try await PreviewStore(leases.database, files).removeStale(of: claim.job.id)
    }

    /// - Returns: whether it is the first one; nil when it is not to be shown.
    private func admit(_ bytes: [UInt8]) -> Bool? {
        guard bytes.count <= Self.largest else { return nil }
        return pace.withLock { pace in pace.admits() ? pace.count == 1 : nil }
    }
}
