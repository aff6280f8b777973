using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Passthrough;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Integration.Passthrough;

/// <summary>What goes through a passthrough, and how it ends.</summary>
public sealed class PassthroughTests : PassthroughFixture
{
    [Theory]
    [InlineData("")]
    [InlineData(":22")]
    [InlineData(":own")]
    public async Task Bytes_go_both_ways(string port)
    {
        using ConnectClient client = await ConnectClient.AskAsync(Gateway.Address, $"abc12{port.Replace("own", $"{Pod.EndPoint.Port}", StringComparison.Ordinal)}", behind: "early ");
        await client.AssertEstablishedAsync();
        using Socket pod = await Pod.AcceptedAsync();
        await client.Socket.SendAsync("to the pod"u8.ToArray());
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("early to the pod", Encoding.ASCII.GetString(await ConnectClient.ReadToEndAsync(pod)));
        // The other half is still open.
        await pod.SendAsync("from the pod"u8.ToArray());
        pod.Shutdown(SocketShutdown.Send);
        Assert.Equal("from the pod", Encoding.ASCII.GetString(await ConnectClient.ReadToEndAsync(client.Socket)));
        Assert.Equal((ConnectionEnd.ClientClosed, "abc12"), await NextAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Much_goes_both_ways_at_once_unchanged(bool spliced)
    {
        if (!spliced)
        {
            // As on a kernel, or what stands for one, that does not.
            Gateway.Pipes.SpliceIsUnsupported();
        }
        byte[] there = RandomNumberGenerator.GetBytes(24 * 1024 * 1024 + 1);
        byte[] back = RandomNumberGenerator.GetBytes(24 * 1024 * 1024 + 3);
        (ConnectClient client, Socket pod) = await OpenAsync();
        Task<byte[]> arrived = ConnectClient.ReadToEndAsync(pod);
        Task<byte[]> returned = ConnectClient.ReadToEndAsync(client.Socket);
        await Task.WhenAll(SendAllAsync(client.Socket, there), SendAllAsync(pod, back));
        Assert.Equal(SHA256.HashData(there), SHA256.HashData(await arrived));
        Assert.Equal(SHA256.HashData(back), SHA256.HashData(await returned));
        await NextAsync();
        client.Dispose();
        pod.Dispose();
    }

    [Fact]
    public async Task Idle_passthroughs_hold_no_pipes()
    {
        using var roomy = new GatewayRig(new ProxyOptions { PassthroughPerSource = 200, PassthroughPerPod = 200 }, new PodLoginLimits(), Time);
        await roomy.InitializeAsync();
        roomy.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, endpoint: Pod.EndPoint, passthrough: true));
        int before = PipeEnds();
        var open = new List<IDisposable>();
        for (int i = 0; i < 200; i++)
        {
            ConnectClient client = await ConnectClient.AskAsync(roomy.Address, "abc12:22");
            await client.AssertEstablishedAsync();
            Socket pod = await Pod.AcceptedAsync();
            await client.Socket.SendAsync("x"u8.ToArray());
            Assert.Equal(1, await pod.ReceiveAsync(new byte[8]).Limited());
            open.AddRange([client, pod]);
        }
        // Two ends each, and other tests have some too.
        Assert.InRange(PipeEnds() - before, int.MinValue, 200);
        open.ForEach(end => end.Dispose());
        await roomy.DisposeAsync();

        static int PipeEnds() => Directory.GetFiles("/proc/self/fd").Count(file => new FileInfo(file).LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_up_its_pod_and_nobody_else()
    {
        (ConnectClient stuck, Socket pod) = await OpenAsync();
        byte[] much = RandomNumberGenerator.GetBytes(64 * 1024 * 1024);
        Task sending = SendAllAsync(pod, much);
        (ConnectClient other, Socket otherPod) = await OpenAsync();
        await otherPod.SendAsync("x"u8.ToArray());
        Assert.Equal(1, await other.Socket.ReceiveAsync(new byte[8]).Limited());
        // Sockets' and pipe's buffers take some of it, and no more.
        Assert.False(sending.IsCompleted);
        Assert.Equal(SHA256.HashData(much), SHA256.HashData(await ConnectClient.ReadToEndAsync(stuck.Socket)));
        await sending.Limited();
        foreach (IDisposable end in new IDisposable[] { stuck, pod, other, otherPod })
        {
            end.Dispose();
        }
    }

    // What a client did not take is in a pipe, and pipes are used again.
    [Fact]
    public async Task What_one_client_did_not_take_never_reaches_another()
    {
        (ConnectClient stuck, Socket pod) = await OpenAsync();
        Task sending = SendAllAsync(pod, RandomNumberGenerator.GetBytes(64 * 1024 * 1024));
        await Eventually.TrueAsync(() => TcpTable.StuckFrom(Pod.EndPoint) == 1, "the pod is not held up");
        stuck.Dispose();
        await Assert.ThrowsAnyAsync<SocketException>(() => sending.Limited());
        await NextAsync();

        (ConnectClient next, Socket itsPod) = await OpenAsync();
        await itsPod.SendAsync("its own"u8.ToArray());
        itsPod.Shutdown(SocketShutdown.Send);
        Assert.Equal("its own", Encoding.ASCII.GetString(await ConnectClient.ReadToEndAsync(next.Socket)));
        pod.Dispose();
        next.Dispose();
        itsPod.Dispose();
    }

    [Fact]
    public async Task An_end_by_reset_is_carried_over()
    {
        (ConnectClient client, Socket pod) = await OpenAsync();
        client.Socket.LingerState = new LingerOption(true, 0);
        client.Dispose();
        await Assert.ThrowsAnyAsync<SocketException>(async () => Assert.NotEmpty(await ConnectClient.ReadToEndAsync(pod)));
        Assert.Equal(ConnectionEnd.ClientLost, (await NextAsync()).End);

        (client, pod) = await OpenAsync();
        await pod.SendAsync("last words"u8.ToArray());
        byte[] words = new byte[10];
        Assert.Equal(10, await client.Socket.ReceiveAsync(words).Limited());
        pod.LingerState = new LingerOption(true, 0);
        pod.Dispose();
        Assert.Equal(ConnectionEnd.PodLost, (await NextAsync()).End);
        client.Dispose();
    }

    [Fact]
    public async Task A_proxy_that_stops_closes_its_passthroughs()
    {
        (ConnectClient client, Socket pod) = await OpenAsync();
        Task stop = Gateway.StopAsync();
        await AssertClosedAsync(client, pod, ConnectionEnd.ProxyStopping);
        await stop;
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes).ConfigureAwait(false)..];
        }
        socket.Shutdown(SocketShutdown.Send);
    }
}
