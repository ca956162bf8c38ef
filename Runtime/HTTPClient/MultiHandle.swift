import CCurl

/// libcurl's multi handle (https://curl.se/libcurl/c/libcurl-multi.html).
///
/// Unchecked: used by the transfer thread alone but for ``wakeUp()``, which libcurl allows from any thread.
struct MultiHandle: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer

    /// Initializing libcurl is safe from any thread, and done once.
    private static let isInitialized: Bool = {
        let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        if code != CURLE_OK { fatalError("libcurl: curl_global_init failed: \(code.rawValue)") }
        return true
    }()

    init(maximumIdleConnections: Int) {
        _ = Self.isInitialized
        guard let handle = curl_multi_init() else { fatalError("libcurl: no memory for a multi handle") }
        self.handle = handle
        check(curl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, maximumIdleConnections), "CURLMOPT_MAXCONNECTS")
    }

    func wakeUp() { check(curl_multi_wakeup(handle), "curl_multi_wakeup") }

    func add(_ easy: UnsafeMutableRawPointer) { check(curl_multi_add_handle(handle, easy), "curl_multi_add_handle") }

    func remove(_ easy: UnsafeMutableRawPointer) {
        check(curl_multi_remove_handle(handle, easy), "curl_multi_remove_handle")
    }

    func perform() {
        var running: Int32 = 0
        check(curl_multi_perform(handle, &running), "curl_multi_perform")
    }

    /// Waits until a socket is ready, a timer of libcurl is due, somebody wakes it, or `milliseconds` have passed.
    ///
    /// - Parameter socket: one that libcurl does not look after by itself.
    func poll(milliseconds: Int32, also socket: curl_waitfd? = nil) {
        guard var socket else {
            return check(curl_multi_poll(handle, nil, 0, milliseconds, nil), "curl_multi_poll")
        }
        check(curl_multi_poll(handle, &socket, 1, milliseconds, nil), "curl_multi_poll")
    }

    /// The next transfer that ended, with its result.
    func nextFinished() -> (easy: UnsafeMutableRawPointer, result: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left)?.pointee {
            if message.msg == CURLMSG_DONE { return (message.easy_handle, message.data.result) }
        }
        return nil
    }

    func close() { check(curl_multi_cleanup(handle), "curl_multi_cleanup") }

    /// These calls fail only when misused or out of memory.
    private func check(_ code: CURLMcode, _ call: StaticString) {
        if code != CURLM_OK { fatalError("libcurl: \(call) failed: \(String(cString: curl_multi_strerror(code)))") }
    }
}
