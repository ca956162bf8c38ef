import Domain
import Synchronization

/// Remembers the news of a call.
final class Recorder: Sendable {
    private let heard = Mutex<[ProviderNews]>([])

    var observer: ProviderObserver {
        .brisk { [self] news in heard.withLock { $0.append(news) } }
    }

    var progress: [Double] {
        heard.withLock { $0 }.compactMap { if case .progress(let value) = $0 { value } else { nil } }
    }

    var previews: [[UInt8]] {
        heard.withLock { $0 }.compactMap { if case .preview(let bytes) = $0 { bytes } else { nil } }
    }
}
