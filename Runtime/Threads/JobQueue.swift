import Glibc

/// The jobs that wait for one thread, and the thread that runs them.
///
/// `@unchecked Sendable`: `entries`, `closed` and `thread` are only touched with `mutex` held, except that the thread itself
/// may read `thread`.
final class JobQueue: @unchecked Sendable {
    enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    /// What is to be run, and the executor that it keeps alive until then.
    struct Entry {
        let work: Work
        let executor: ThreadExecutor
    }

    private let name: String
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var entries: [Entry] = []
    private var closed = false
    private var thread = pthread_t()

    init(name: String) {
        self.name = name
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(arrived, nil)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(mutex)
        arrived.deallocate()
        mutex.deallocate()
    }

    var isCurrentThread: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return pthread_equal(thread, pthread_self()) != 0
    }

    func append(_ entry: Entry) {
        pthread_mutex_lock(mutex)
        entries.append(entry)
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(arrived)
    }

    /// Lets the thread end once it has run what is queued.
    func close() {
        pthread_mutex_lock(mutex)
        closed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(arrived)
    }

    /// Starts the thread, detached: it holds the queue, never the executor, so that the executor can go away.
    func startThread() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let queue = Unmanaged.passRetained(self)
        let failure = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<JobQueue>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, queue.toOpaque())
        guard failure == 0 else { fatalError("cannot start a thread: \(String(cString: strerror(failure)))") }
        pthread_detach(thread)
    }

    private func run() {
        nameThread()
        while let batch = next() {
            for entry in batch {
                switch entry.work {
                case .job(let job): job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
                case .closure(let closure): closure()
                }
            }
        }
    }

    /// Names the calling thread; a kernel that refuses costs a debugger the name and nothing else.
    private func nameThread() {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = name.withCString { write(file, $0, strlen($0)) }
        Glibc.close(file)
    }

    /// Everything that is queued, or nil when the queue is closed and empty. Waits for the first job.
    private func next() -> [Entry]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while entries.isEmpty {
            if closed { return nil }
            pthread_cond_wait(arrived, mutex)
        }
        let batch = entries
        entries = []
        return batch
    }
}
