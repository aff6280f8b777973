using System.Net;
using System.Net.Sockets;
using SshGateway.Exec.ApiServer;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.ExecApi;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Integration.ExecApi;

/// <summary>Forwarded connections to real ports.</summary>
public sealed class PortForwardStreamTests : IAsyncLifetime, IDisposable
{
    private const int Size = 20 * 1024 * 1024;

    private static readonly PodTarget Pod = new("agents", "abc12-0", "uid-1");

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private StandInApiServer _server = null!;
    private PodClient _client = null!;

    private int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public async Task InitializeAsync()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _server = await StandInApiServer.StartAsync();
        _server.AddPod(Pod.Namespace, Pod.Name, Pod.Uid);
        _client = new PodClient(_server.Access, TimeProvider.System);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _listener.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Twenty_megabytes_come_back(bool fragments)
    {
        _server.Fragments = fragments;
        await using var echo = new EchoServer(_listener);
        await using PortForwardStream stream = await OpenAsync(Port);
        byte[] sent = new byte[Size];
        new Random(Size).NextBytes(sent);
        Task writing = stream.WriteAsync(new(sent), CancellationToken.None).AsTask();
        byte[] received = new byte[Size];
        for (int count = 0; count < Size;)
        {
            await stream.WaitAsync(CancellationToken.None).Limited();
            int read = await stream.ReadAsync(received.AsMemory(count, Math.Min(40_000, Size - count)), CancellationToken.None).Limited();
            Assert.NotEqual(0, read);
            count += read;
        }
        await writing.Limited();
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task The_end_of_the_connection_is_the_end_of_the_stream()
    {
        await using PortForwardStream stream = await OpenAsync(Port);
        using (Socket accepted = await _listener.AcceptAsync().Limited())
        {
            await accepted.SendAsync("bye"u8.ToArray());
        }
        byte[] buffer = new byte[100];
        Assert.Equal(3, await stream.ReadAsync(buffer, CancellationToken.None).Limited());
        Assert.Equal(0, await stream.ReadAsync(buffer, CancellationToken.None).Limited());
    }

    [Fact]
    public async Task A_port_without_a_listener_is_a_failure_with_the_nodes_words()
    {
        int port = Loopback.FreePort();
        await using PortForwardStream stream = await OpenAsync(port);
        ApiServerException failure = await Assert.ThrowsAsync<ApiServerException>(() => stream.ReadAsync(new byte[1], CancellationToken.None).Limited());
        Assert.Equal(ApiServerFailure.Failed, failure.Kind);
        Assert.Equal($"Port {port} of the pod: error forwarding port {port} to pod: Connection refused", failure.Message);
    }

    [Fact]
    public async Task A_lost_stream_is_not_an_end()
    {
        await using PortForwardStream stream = await OpenAsync(Port);
        using Socket accepted = await _listener.AcceptAsync().Limited();
        ValueTask<int> reading = stream.ReadAsync(new byte[1], CancellationToken.None);
        _server.DropStreams();
        Assert.Equal(ApiServerFailure.Lost, (await Assert.ThrowsAsync<ApiServerException>(() => reading.Limited())).Kind);
    }

    [Fact]
    public async Task Disposing_closes_the_connection_after_what_was_written()
    {
        PortForwardStream stream = await OpenAsync(Port);
        using Socket accepted = await _listener.AcceptAsync().Limited();
        await stream.WriteAsync(new(new byte[100_000]), CancellationToken.None).Limited();
        await stream.DisposeAsync().Limited();
        byte[] buffer = new byte[64 * 1024];
        int total = 0;
        while (await accepted.ReceiveAsync(buffer).Limited() is > 0 and int count)
        {
            total += count;
        }
        Assert.Equal(100_000, total);
        accepted.Close();
        await Eventually.TrueAsync(() => _server.Streams == 0, "the server's stream ends");
    }

    private Task<PortForwardStream> OpenAsync(int port) => _client.PortForwardAsync(Pod, port, CancellationToken.None).Limited();
}
