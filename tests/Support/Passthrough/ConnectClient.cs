using System.Net;
using System.Net.Sockets;
using System.Text;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Support.Passthrough;

/// <summary>A client of CONNECT.</summary>
internal sealed class ConnectClient : IDisposable
{
    private ConnectClient(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public static async Task<ConnectClient> AskAsync(IPEndPoint gateway, string authority, string behind = "", string before = "")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(gateway).Limited();
        await socket.SendAsync(Encoding.ASCII.GetBytes($"{before}CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n{behind}")).Limited();
        return new ConnectClient(socket);
    }

    /// <summary>The head of the answer.</summary>
    public async Task<string> AnswerAsync()
    {
        var head = new StringBuilder();
        byte[] next = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await Socket.ReceiveAsync(next).Limited() == 1)
        {
            head.Append((char)next[0]);
        }
        return head.ToString();
    }

    public async Task AssertEstablishedAsync() => Assert.Equal("HTTP/1.1 200 Connection established\r\n\r\n", await AnswerAsync());

    /// <summary>Everything up to the gateway's close.</summary>
    public static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        int count;
        while ((count = await socket.ReceiveAsync(buffer).Limited()) > 0)
        {
            all.Write(buffer, 0, count);
        }
        return all.ToArray();
    }

    public void Dispose() => Socket.Dispose();
}
