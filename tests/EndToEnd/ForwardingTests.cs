using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Forwarded TCP connections and unix sockets, in both directions, and a SOCKS proxy.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed class ForwardingTests(SharedGateway shared)
{
    [RealSshFact]
    public async Task Local_forwards_reach_a_port_of_the_pod()
    {
        using Socket target = Listen();
        await using EchoServer server = new(target);
        int local = Loopback.FreePort();

        await using Daemon ssh = await ForwardAsync($"-L127.0.0.1:{local}:{target.LocalEndPoint}");

        await EchoConcurrentlyAsync(() => ConnectAsync(local));
    }

    [RealSshFact]
    public async Task Remote_forwards_reach_a_port_of_the_client()
    {
        using Socket target = Listen();
        await using EchoServer server = new(target);

        // Port 0: the pod's sshd chooses one and says so in its reply to the global request, which ssh prints.
        await using Daemon ssh = await ForwardAsync($"-R127.0.0.1:0:{target.LocalEndPoint}");
        string allocated = await ssh.WaitForLineAsync("Allocated port ");

        await EchoConcurrentlyAsync(() => ConnectAsync(int.Parse(allocated.Split(' ')[0], CultureInfo.InvariantCulture)));
    }

    [RealSshFact]
    public async Task A_dynamic_forward_is_a_socks_proxy_into_the_pod()
    {
        using Socket target = Listen();
        await using EchoServer server = new(target);
        int local = Loopback.FreePort();

        await using Daemon ssh = await ForwardAsync($"-D127.0.0.1:{local}");

        await EchoConcurrentlyAsync(() => ConnectBySocksAsync(local, (IPEndPoint)target.LocalEndPoint!));
    }

    [RealSshFact]
    public async Task Unix_sockets_are_forwarded_to_the_pod()
    {
        string directory = ScratchDirectory.New("unix-local");
        using Socket target = Listen(Path.Combine(directory, "target"));
        await using EchoServer server = new(target);

        await using Daemon ssh = await ForwardAsync($"-L{directory}/local:{directory}/target");

        await EchoConcurrentlyAsync(() => ConnectAsync(Path.Combine(directory, "local")));
    }

    [RealSshFact]
    public async Task Unix_sockets_are_forwarded_to_the_client()
    {
        string directory = ScratchDirectory.New("unix-remote");
        using Socket target = Listen(Path.Combine(directory, "target"));
        await using EchoServer server = new(target);

        await using Daemon ssh = await ForwardAsync($"-R{directory}/remote:{directory}/target");

        await EchoConcurrentlyAsync(() => ConnectAsync(Path.Combine(directory, "remote")));
    }

    private async Task<Daemon> ForwardAsync(string forward)
    {
        Daemon ssh = shared.Client.With("ExitOnForwardFailure=yes").Start(SharedGateway.Alpha, ["-v", "-N", forward]);
        try
        {
            await ssh.WaitForLineAsync(forward.StartsWith("-R", StringComparison.Ordinal) ? "remote forward success" : "Entering interactive session");
            return ssh;
        }
        catch
        {
            await ssh.DisposeAsync();
            throw;
        }
    }

    private static async Task EchoConcurrentlyAsync(Func<Task<Socket>> connect)
    {
        await Echo.RoundTripAsync(await connect());
        await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ => await Echo.RoundTripAsync(await connect())));
    }

    private static Socket Listen()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static Socket Listen(string path)
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        return listener;
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    private static async Task<Socket> ConnectAsync(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    /// <summary>CONNECT of SOCKS 5 without authentication (RFC 1928 sections 3 to 6).</summary>
    private static async Task<Socket> ConnectBySocksAsync(int port, IPEndPoint target)
    {
        Socket socket = await ConnectAsync(port);
        NetworkStream stream = new(socket, ownsSocket: false);
        byte[] reply = new byte[10];
        await stream.WriteAsync(new byte[] { 5, 1, 0 });
        await stream.ReadExactlyAsync(reply.AsMemory(0, 2));
        Assert.Equal([5, 0], reply[..2]);
        await stream.WriteAsync((byte[])
        [
            5, 1, 0, 1, .. target.Address.GetAddressBytes(), (byte)(target.Port >> 8), (byte)target.Port,
        ]);
        await stream.ReadExactlyAsync(reply);
        Assert.Equal([5, 0], reply[..2]);
        return socket;
    }
}
