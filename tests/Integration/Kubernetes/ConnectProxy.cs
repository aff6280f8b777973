using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>
/// An HTTP proxy that wants a password and connects every CONNECT to one port of this machine, whatever name it has.
/// </summary>
internal sealed class ConnectProxy : IAsyncDisposable
{
    public const string User = "user";
    public const string Password = "se:cret@";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly int _target;
    private readonly Task _accepting;

    public ConnectProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Its URL with the password, or with another one.</summary>
    public string Url(string password = Password) => $"http://{User}:{Uri.EscapeDataString(password)}@127.0.0.1:{Port}";

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_ending.Token));
        }
    }

    private async Task ServeAsync(TcpClient accepted)
    {
        using TcpClient client = accepted;
        using var server = new TcpClient();
        try
        {
            NetworkStream near = client.GetStream();
            string expected = "Proxy-Authorization: Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
            // A client may ask without the password first, and again on the same connection.
            string head = await ReadHeadAsync(near);
            while (!head.Contains(expected, StringComparison.OrdinalIgnoreCase))
            {
                await near.WriteAsync(
                    "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), _ending.Token);
                head = await ReadHeadAsync(near);
            }
            await server.ConnectAsync(IPAddress.Loopback, _target, _ending.Token);
            NetworkStream far = server.GetStream();
            await near.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), _ending.Token);
            await Task.WhenAny(near.CopyToAsync(far, _ending.Token), far.CopyToAsync(near, _ending.Token));
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // The client has left.
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append(await stream.ReadAsync(one, _ending.Token) > 0 ? (char)one[0] : throw new IOException("the client has closed"));
        }
        return head.ToString();
    }
}
