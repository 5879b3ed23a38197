#!/usr/bin/env python3
"""How much a chat adds to the first words of an answer: from the moment the provider writes its first piece to the moment the browser
has it, over server-sent events. Provider, server and reader are on this machine, so the network is not in it.

    bench/first_token.py [--program target/release/tow] [--questions 40]
"""
import argparse, http.server, importlib.util, json, os, pathlib, socketserver, statistics, sys, tempfile, threading, time, urllib.request

here = pathlib.Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("run", here / "run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)

wrote = {}


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "input" in asked and "instructions" not in asked:
            vectors = [{"index": n, "embedding": [0.1] * asked["dimensions"]} for n, _ in enumerate(asked["input"])]
            return self.whole({"data": vectors, "usage": {"prompt_tokens": 1}})
        output = [{"type": "message", "content": [{"type": "output_text", "text": "Mark and more."}]}]
        response = {"status": "completed", "model": asked["model"], "output": output, "usage": {"input_tokens": 1, "output_tokens": 1}}
        if not asked["stream"]:
            return self.whole(response)
        question = asked["input"][-1]["content"][0]["text"]
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        # The reader has time to listen; what is measured begins with the first piece.
        time.sleep(0.5)
        wrote[question] = time.perf_counter()
        self.event({"type": "response.output_text.delta", "delta": "Mark"})
        time.sleep(0.3)
        self.event({"type": "response.completed", "response": response})
        self.close_connection = True

    def event(self, event):
        self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def whole(self, body):
        body = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=here.parent / "target/release/tow")
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--port", type=int, default=8398)
    options = parser.parse_args()
    provider = Server(("127.0.0.1", 0), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    os.environ.update({
        "OPENAI_API_KEY": "sk-bench", "OPENAI_BASE_URL": f"http://127.0.0.1:{provider.server_port}/v1",
        "TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS": "127.0.0.1",
    })
    with tempfile.TemporaryDirectory(prefix="tow-bench-") as folder:
        os.chmod(folder, 0o755)  # PostgreSQL runs as another user when this one is root
        server = run.Server(options.program.resolve(), pathlib.Path(folder), options.port)
        try:
            browser = run.set_up(server, pathlib.Path(folder))
            added, whole = [], []
            for number in range(options.questions):
                question = f"What of number {number}?"
                began = time.perf_counter()
                page = browser.post("/chats", "/chats", {"question": question})
                turn = page.split('data-chat-stream="')[1].split('"')[0]
                request = urllib.request.Request(server.base + turn, headers={"cookie": browser.cookies()})
                with urllib.request.urlopen(request) as stream:
                    for line in stream:
                        if b"Mark" in line:
                            heard = time.perf_counter()
                            added.append((heard - wrote[question]) * 1000)
                            whole.append((heard - began) * 1000 - 500)
                            break
                time.sleep(0.6)
            added.sort(), whole.sort()
            at = lambda all, part: all[min(len(all) - 1, int(len(all) * part))]
            print(f"{len(added)} questions: first piece to the reader p50 {at(added, .5):.1f} ms, p95 {at(added, .95):.1f} ms")
            print(f"from the click to the first piece, the provider's own time aside: p50 {at(whole, .5):.0f} ms, p95 {at(whole, .95):.0f} ms")
        finally:
            server.stop()
            provider.shutdown()


if __name__ == "__main__":
    main()
