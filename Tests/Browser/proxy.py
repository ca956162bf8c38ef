"""A proxy between the browser and the gateway that does what proxies do: slow, losing answers, holding streams back."""

import http.client
import http.server
import threading
import urllib.parse


class Proxy:
    """Passes every request on. Each connection carries one, so that a browser never repeats one by itself."""

    def __init__(self, gateway):
        self.target = urllib.parse.urlsplit(gateway).netloc
        self.holds = threading.Event()  # answers to POST wait until it is set
        self.holds.set()
        self.lost = 0  # so many answers to POST are lost
        self.is_stalled = False  # a stream is accepted and never answered
        self.posts = []  # the paths of requests to POST, in their order
        self.ends = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.holds.set()
        self.server.shutdown()
        self.server.server_close()

    def _handler(proxy):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def pass_on(self):
                if proxy.is_stalled and self.path.endswith("/events"):
                    proxy.ends.wait()
                    return
                if self.command == "POST":
                    proxy.posts.append(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                connection = http.client.HTTPConnection(proxy.target, timeout=60)
                connection.request(self.command, self.path, body or None, headers)
                answer = connection.getresponse()
                if self.command == "POST":
                    proxy.holds.wait()
                    if proxy.lost:
                        proxy.lost -= 1
                        return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(name, value)
                self.end_headers()
                while part := answer.read1():
                    self.wfile.write(part)

            do_GET = do_POST = pass_on

        return Handler
