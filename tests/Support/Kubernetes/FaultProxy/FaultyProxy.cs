using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace SshGateway.Tests.Support.Kubernetes.FaultProxy;

/// <summary>
/// A TCP proxy in front of the API server, or of an operator, that breaks connections in the ways that networks do. One
/// that talks plain HTTP to the client does the TLS to the server itself, and so sees the requests and can answer some
/// in the server's place.
/// </summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly int _serverPort;
    private readonly bool _isPlain;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<ProxiedConnection, Task> _connections = [];
    private readonly ConcurrentQueue<string> _answers = [];
    private readonly ConcurrentQueue<(DateTimeOffset Time, string Line)> _requests = [];
    private TcpListener _listener;
    private Task _accepting;
    private volatile bool _isSilent;
    private volatile int _holdAfter = int.MaxValue;
    private volatile string? _lost;
    private Replacement? _replacement;
    private Reply? _reply;
    private Hold? _hold;

    public FaultyProxy(int serverPort, bool isPlain = false)
    {
        _serverPort = serverPort;
        _isPlain = isPlain;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    public int Port { get; }

    public Uri Address => new($"{(_isPlain ? "http" : "https")}://127.0.0.1:{Port}");

    /// <summary>Connections that one end at least has not closed.</summary>
    public int Connections => _connections.Count;

    /// <summary>The request lines that went through a plain proxy, those that it answered itself among them.</summary>
    public IReadOnlyList<(DateTimeOffset Time, string Line)> Requests => [.. _requests];

    /// <summary>Ends all connections as a crash does.</summary>
    public void Cut()
    {
        foreach (ProxiedConnection connection in _connections.Keys)
        {
            connection.Reset();
        }
    }

    /// <summary>Ends each connection after it has passed so many more bytes to the client.</summary>
    public void CutAfter(int bytes)
    {
        foreach (ProxiedConnection connection in _connections.Keys)
        {
            connection.ResetAfter(bytes);
        }
    }

    /// <summary>New connections pass so many bytes to the client, and then nothing to it any more.</summary>
    public void HoldAfter(int bytes) => _holdAfter = bytes;

    /// <summary>Whether a connection has passed all that it is to pass.</summary>
    public bool IsHolding => _connections.Keys.Any(c => c.IsHolding);

    /// <summary>New connections pass everything again.</summary>
    public void HoldNothing() => _holdAfter = int.MaxValue;

    /// <summary>
    /// Answers to requests with this in their first line are lost from now on, and so is what running ones would still
    /// get. For a plain proxy; null: none are.
    /// </summary>
    public void LoseAnswersTo(string? text) => _lost = text;

    /// <summary>Changes these bytes on their way to a client, once, where nothing encrypts them.</summary>
    public void ReplaceOnce(byte[] from, byte[] to) => _replacement = new Replacement(from, to);

    /// <summary>Whether that has happened.</summary>
    public bool HasReplaced => Volatile.Read(ref _replacement) is null;

    /// <summary>
    /// From now on these connections lose every packet, in both directions, and nobody is told. New ones work.
    /// </summary>
    public void Freeze()
    {
        foreach (ProxiedConnection connection in _connections.Keys)
        {
            connection.Freeze();
        }
    }

    /// <summary>New connections are accepted, and nothing is ever said on them.</summary>
    public void Silence() => _isSilent = true;

    public void Speak() => _isSilent = false;

    /// <summary>New connections are refused.</summary>
    public async Task RefuseAsync()
    {
        _listener.Stop();
        await _accepting;
    }

    public void Accept()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>The next new connection gets this answer to its first request. For a plain proxy.</summary>
    public void Answer(string status, string headers, string body) => _answers.Enqueue(Format(status, headers, body));

    /// <summary>Answers matching requests in the server's place, from now on. For a plain proxy.</summary>
    /// <param name="text">Part of the first line.</param>
    /// <param name="status">The answer's status code and reason.</param>
    /// <param name="body">The answer's body.</param>
    /// <param name="times">How many requests.</param>
    /// <param name="staysOpen">The answer goes on, and nothing more comes, as on a quiet watch.</param>
    public void AnswerTo(string text, string status, string body, int times = int.MaxValue, bool staysOpen = false) =>
        Volatile.Write(ref _reply, new Reply(text, Format(status, "", body, staysOpen), times, staysOpen));

    /// <summary>No further requests are answered in the server's place.</summary>
    public void AnswerNothing() => Volatile.Write(ref _reply, null);

    /// <summary>
    /// Answers to requests with this in their first line wait for <see cref="ReleaseAnswers"/>. For a plain proxy.
    /// </summary>
    public void HoldAnswersTo(string text) => Volatile.Write(ref _hold, new Hold(text));

    public void ReleaseAnswers() => Interlocked.Exchange(ref _hold, null)?.Release();

    public async ValueTask DisposeAsync()
    {
        await RefuseAsync();
        await _ending.CancelAsync();
        Cut();
        await Task.WhenAll(_connections.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptSocketAsync(_ending.Token);
                var connection = new ProxiedConnection(client, line => _requests.Enqueue((DateTimeOffset.UtcNow, line)), Replace, IsLost, ReplyTo, HeldAsync, _isPlain);
                connection.HoldAfter(_holdAfter);
                _connections[connection] = ServeAsync(connection);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The listener was stopped.
        }
    }

    private bool IsLost(string request) => _lost is { } lost && request.Contains(lost, StringComparison.Ordinal);

    private Reply? ReplyTo(string request) =>
        Volatile.Read(ref _reply) is { } reply && request.Contains(reply.To, StringComparison.Ordinal) && reply.TryTake() ? reply : null;

    private Task HeldAsync(string request) =>
        Volatile.Read(ref _hold) is { } hold && request.Contains(hold.To, StringComparison.Ordinal) ? hold.Released : Task.CompletedTask;

    // Without a length, the answer ends with the connection.
    private static string Format(string status, string headers, string body, bool staysOpen = false) =>
        $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n{(staysOpen ? "" : $"Content-Length: {body.Length}\r\n")}{headers}\r\n{body}";

    private void Replace(Span<byte> toClient)
    {
        if (Volatile.Read(ref _replacement) is { } replacement && toClient.IndexOf(replacement.From) is >= 0 and int found
            && Interlocked.CompareExchange(ref _replacement, null, replacement) == replacement)
        {
            replacement.To.CopyTo(toClient[found..]);
        }
    }

    private async Task ServeAsync(ProxiedConnection connection)
    {
        await Task.Yield();
        try
        {
            if (_isSilent)
            {
                await connection.IgnoreAsync(_ending.Token);
            }
            else if (_answers.TryDequeue(out string? answer))
            {
                await connection.AnswerAsync(answer, _ending.Token);
            }
            else
            {
                await using Stream server = await ConnectAsync();
                await connection.RelayAsync(server, _ending.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            connection.Reset();
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    private async Task<Stream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, _serverPort, _ending.Token);
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (!_isPlain)
        {
            return stream;
        }
        var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                ApplicationProtocols = [SslApplicationProtocol.Http11],
                // Whose certificate it is matters to the client that is tested, not here.
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            },
            _ending.Token);
        return tls;
    }

    private sealed record Replacement(byte[] From, byte[] To);

    private sealed class Hold(string to)
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string To => to;

        public Task Released => _released.Task;

        public void Release() => _released.SetResult();
    }
}

/// <summary>What the proxy answers in the server's place.</summary>
internal sealed class Reply(string to, string text, int times, bool staysOpen)
{
    private int _left = times;

    public string To => to;

    public string Text => text;

    public bool StaysOpen => staysOpen;

    public bool TryTake() => Interlocked.Decrement(ref _left) >= 0;
}
