import Foundation

/// nginx with TLS and HTTP/2, which answers with the protocol that was spoken. It ends with the test process.
actor SecureServer {
    static let shared = SecureServer()

    struct Address: Sendable {
        var url: String
        /// PEM file of the certificate that it shows.
        var certificate: String
    }

    private var running: Task<Address, any Error>?
    private var process: Process?
    private var input: Pipe?

    struct NotStarted: Error, CustomStringConvertible {
        var description: String { "nginx did not start: install the Debian packages nginx and openssl" }
    }

    /// Where it is; the server is started by the first who asks.
    func address() async throws -> Address {
        if let running { return try await running.value }
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        (self.process, self.input) = (process, input)
        let running = Task {
            let line = await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: output.fileHandleForReading.availableData) }
            }
            let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count == 2 else { throw NotStarted() }
            return Address(url: "https://localhost:\(words[0])", certificate: words[1])
        }
        self.running = running
        return try await running.value
    }

    /// Ends when its input does: when this process is gone.
    private static let script = """
        import os, shutil, socket, subprocess, sys, tempfile, time
        folder = tempfile.mkdtemp(prefix="darkroom-nginx-")
        try:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                 "-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"],
                check=True, stderr=subprocess.DEVNULL)
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            temporary = "".join(
                f"{name}_temp_path {folder}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            with open(f"{folder}/nginx.conf", "w") as file:
                file.write(f'''
                    daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
                    events {{ worker_connections 64; }}
                    http {{
                        access_log off; client_max_body_size 8m; {temporary}
                        server {{
                            listen 127.0.0.1:{port} ssl http2;
                            ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
                            location = /protocol {{ return 200 "$server_protocol on $connection"; }}
                            location /files {{ root {folder}; dav_methods PUT; create_full_put_path on; }}
                        }}
                    }}''')
            nginx = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf"], stderr=subprocess.DEVNULL)
            for _ in range(500):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0: break
                time.sleep(0.02)
            os.write(1, f"{port} {folder}/certificate.pem\\n".encode())
            sys.stdin.read()
            nginx.kill()
            nginx.wait()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        """
}
