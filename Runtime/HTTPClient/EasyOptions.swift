import CCurl
import Glibc

/// Turns a request into libcurl's options (https://curl.se/libcurl/c/curl_easy_setopt.html).
enum EasyOptions {
    /// The request's headers as libcurl wants them, plus those of its own that it must not add.
    static func headerList(_ request: HTTPClient.Request) -> UnsafeMutablePointer<curl_slist>? {
        // "Expect: 100-continue" costs up to a second with servers that do not know it.
        var lines = ["Expect:"]
        for field in request.headers {
            // An empty value would mean "leave this header out"; a semicolon means "send it empty".
            lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else { fatalError("libcurl: no memory for headers") }
            list = longer
        }
        return list
    }

    static func apply(
        _ transfer: Transfer, body: BodySource, headers: UnsafeMutablePointer<curl_slist>?,
        _ options: HTTPClient.Configuration, to easy: UnsafeMutableRawPointer
    ) {
        let request = transfer.request
        check(curl_set_text(easy, CURLOPT_URL, transfer.url.text), "CURLOPT_URL")
        check(curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https"), "CURLOPT_PROTOCOLS_STR")
        check(curl_set_long(easy, CURLOPT_PATH_AS_IS, 1), "CURLOPT_PATH_AS_IS")
        check(curl_set_long(easy, CURLOPT_NOSIGNAL, 1), "CURLOPT_NOSIGNAL")
        check(curl_set_long(easy, CURLOPT_BUFFERSIZE, 64 << 10), "CURLOPT_BUFFERSIZE")
        check(curl_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, 64 << 10), "CURLOPT_UPLOAD_BUFFERSIZE")
        check(curl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1), "CURLOPT_SUPPRESS_CONNECT_HEADERS")
        check(curl_set_list(easy, CURLOPT_HTTPHEADER, headers), "CURLOPT_HTTPHEADER")
        let connect = max(request.connectTimeout.milliseconds, 1)
        check(curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, connect), "CURLOPT_CONNECTTIMEOUT_MS")
        if let timeout = request.timeout {
            check(curl_set_long(easy, CURLOPT_TIMEOUT_MS, max(timeout.milliseconds, 1)), "CURLOPT_TIMEOUT_MS")
        }
        if transfer.url.isLoopback || request.addresses == .publicOnly {
            check(curl_set_text(easy, CURLOPT_PROXY, ""), "CURLOPT_PROXY")
        }
        if let path = request.unixSocket {
            check(curl_set_text(easy, CURLOPT_UNIX_SOCKET_PATH, path), "CURLOPT_UNIX_SOCKET_PATH")
        }
        if let file = options.certificateAuthorities {
            check(curl_set_text(easy, CURLOPT_CAINFO, file), "CURLOPT_CAINFO")
        }
        apply(request.method, body, to: easy)
    }

    /// Has libcurl connect, through a tunnel where there is a proxy, and leave the bytes to the caller.
    static func connectOnly(_ easy: UnsafeMutableRawPointer) {
        check(curl_set_long(easy, CURLOPT_CONNECT_ONLY, 1), "CURLOPT_CONNECT_ONLY")
        check(curl_set_long(easy, CURLOPT_HTTPPROXYTUNNEL, 1), "CURLOPT_HTTPPROXYTUNNEL")
        check(curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)), "CURLOPT_HTTP_VERSION")
    }

    private static func apply(_ method: HTTPMethod, _ body: BodySource, to easy: UnsafeMutableRawPointer) {
        let hasBody = !body.isNone || [.post, .put, .patch].contains(method)
        if hasBody {
            check(curl_set_long(easy, CURLOPT_UPLOAD, 1), "CURLOPT_UPLOAD")
            check(curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, body.length ?? -1), "CURLOPT_INFILESIZE_LARGE")
        } else if method == .head {
            check(curl_set_long(easy, CURLOPT_NOBODY, 1), "CURLOPT_NOBODY")
        } else {
            check(curl_set_long(easy, CURLOPT_HTTPGET, 1), "CURLOPT_HTTPGET")
        }
        check(curl_set_text(easy, CURLOPT_CUSTOMREQUEST, method.name), "CURLOPT_CUSTOMREQUEST")
    }

    /// Points libcurl's callbacks at `transfer`, which must outlive `easy`.
    static func install(
        _ transfer: ActiveTransfer, errorText: UnsafeMutablePointer<CChar>, on easy: UnsafeMutableRawPointer
    ) {
        let data = Unmanaged.passUnretained(transfer).toOpaque()
        check(curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText), "CURLOPT_ERRORBUFFER")
        for option in [
            CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_OPENSOCKETDATA,
            CURLOPT_PREREQDATA,
        ] {
            check(curl_set_pointer(easy, option, data), "callback data")
        }
        check(
            curl_set_write_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, data in
                EasyOptions.from(data).receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
            }, "CURLOPT_WRITEFUNCTION")
        check(
            curl_set_write_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, data in
                EasyOptions.from(data).receive(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
            }, "CURLOPT_HEADERFUNCTION")
        check(
            curl_set_read_callback(easy) { bytes, size, count, data in
                EasyOptions.from(data).send(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
            }, "CURLOPT_READFUNCTION")
        check(
            curl_set_seek_callback(easy) { data, offset, origin in
                let isRewound = origin == SEEK_SET && EasyOptions.from(data).rewind(to: Int(offset))
                return isRewound ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK
            }, "CURLOPT_SEEKFUNCTION")
        check(
            curl_set_open_socket_callback(easy) { data, _, target in
                EasyOptions.openSocket(for: EasyOptions.from(data), target!)
            },
            "CURLOPT_OPENSOCKETFUNCTION")
        // A connection from the pool was opened for somebody else, perhaps under another policy: look again.
        check(
            curl_set_before_request_callback(easy) { data, address, _, _, _ in
                let transfer = EasyOptions.from(data)
                let isAllowed =
                    transfer.transfer.request.addresses == .any
                    || transfer.allows(address.flatMap { IPAddress(String(cString: $0)) })
                return isAllowed ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            }, "CURLOPT_PREREQFUNCTION")
    }

    private static func openSocket(
        for transfer: ActiveTransfer, _ target: UnsafeMutablePointer<curl_sockaddr>
    ) -> curl_socket_t {
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr)!
        let family = target.pointee.family
        if transfer.transfer.request.addresses != .any,
            !transfer.allows(IPAddress(UnsafeRawPointer(target) + offset, family: family))
        {
            return CURL_SOCKET_BAD
        }
        let flags = Int32(SOCK_CLOEXEC.rawValue)
        return socket(family, target.pointee.socktype | flags, target.pointee.protocol)
    }

    private static func from(_ data: UnsafeMutableRawPointer?) -> ActiveTransfer {
        Unmanaged<ActiveTransfer>.fromOpaque(data!).takeUnretainedValue()
    }

    /// Options fail only when this libcurl lacks them or memory ran out.
    private static func check(_ code: CURLcode, _ option: StaticString) {
        if code != CURLE_OK {
            fatalError("libcurl: \(option) failed: \(String(cString: curl_easy_strerror(code)))")
        }
    }
}
