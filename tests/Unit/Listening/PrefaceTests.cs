using System.Text;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.Listening;

/// <summary>What may come before the identification, and from whom.</summary>
public sealed class PrefaceTests : IAsyncLifetime, IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly GatewayRig _plain;
    private readonly GatewayRig _behindBalancer;

    public PrefaceTests()
    {
        _plain = new GatewayRig(new ProxyOptions { ProxyProtocolFrom = { "192.0.2.0/24" } }, new PodLoginLimits(), _time);
        _behindBalancer = new GatewayRig(new ProxyOptions { ProxyProtocolFrom = { "192.0.2.0/24", "127.0.0.0/8" } }, new PodLoginLimits(), _time);
    }

    public async Task InitializeAsync()
    {
        await _plain.InitializeAsync();
        await _behindBalancer.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _plain.DisposeAsync();
        await _behindBalancer.DisposeAsync();
    }

    public void Dispose()
    {
        _plain.Dispose();
        _behindBalancer.Dispose();
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 56324 2222\r\n", "192.0.2.7")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 56324 2222\r\n", "2001:db8::7")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0\u000c\u00c0\u0000\u0002\u0007\u00c6\u0033\u0064\u0001\u00dc\u0004\u0008\u00ae", "192.0.2.7")]
    [InlineData("PROXY UNKNOWN\r\n", "127.0.0.1")]
    public async Task A_balancers_header_says_where_the_client_is(string header, string source)
    {
        await using SshClientTransport client = await _behindBalancer.LogInAsync(Encoding.Latin1.GetBytes(header));
        byte[] certificate = Assert.Single(_behindBalancer.Pod.Logins).Certificate;
        Assert.Contains($" from={source} connection=", Encoding.Latin1.GetString(certificate), StringComparison.Ordinal);
        // Said after the client was told that it is in.
        await Eventually.TrueAsync(
            () => _behindBalancer.Ends.Lines.Any(line => line.Contains($"{source}", StringComparison.Ordinal) && line.Contains("logged in", StringComparison.Ordinal)),
            $"the log does not say that {source} logged in");
    }

    [Fact]
    public async Task A_header_may_come_in_pieces()
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(_behindBalancer.Address);
        foreach (byte piece in Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.7 198.51.100.1 56324 2222\r\nSSH-2.0-x\r\n"))
        {
            await client.SendRawAsync([piece]);
        }
        await client.ReadIdentificationAsync();
    }

    // HAProxy's specification, section 2: the receiver must not guess whether a header is there.
    [Fact]
    public async Task A_balancer_that_sends_none_is_refused()
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(_behindBalancer.Address);
        await client.SendRawAsync(Encoding.ASCII.GetBytes("SSH-2.0-x\r\n"));
        Assert.Empty(await client.ReadToEndAsync());
        (ConnectionEnd end, _, string? detail) = await _behindBalancer.Ends.NextAsync();
        Assert.Equal(ConnectionEnd.ProxyHeaderInvalid, end);
        Assert.Equal("no PROXY header", detail);
    }

    [Fact]
    public async Task A_header_that_does_not_come_is_not_waited_for()
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(_behindBalancer.Address);
        await client.SendRawAsync(Encoding.ASCII.GetBytes("PROXY TCP4 192.0"));
        Task<(ConnectionEnd End, string UserName, string? Detail)> ended = _behindBalancer.Ends.NextAsync();
        await Eventually.CompletedAsync(ended, _time, TimeSpan.FromSeconds(1));
        Assert.Equal(ConnectionEnd.ProxyHeaderInvalid, (await ended).End);
        Assert.Empty(await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_header_from_anybody_else_is_no_SSH()
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(_plain.Address);
        await client.SendRawAsync(Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.7 198.51.100.1 56324 2222\r\n"));
        await client.ReadIdentificationAsync();
        (DisconnectReason reason, string sentence) = await client.ReadDisconnectAsync();
        Assert.Equal(DisconnectReason.ProtocolError, reason);
        Assert.Contains("does not speak SSH", sentence, StringComparison.Ordinal);
        client.Dispose();
        Assert.Equal(ConnectionEnd.ClientProtocolError, (await _plain.Ends.NextAsync()).End);
    }

    [Theory]
    [InlineData("")]
    [InlineData("CON")]
    public async Task A_client_that_is_silent_gets_the_identification(string before)
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(_plain.Address);
        await client.SendRawAsync(Encoding.ASCII.GetBytes(before));
        Task identification = client.ReadIdentificationAsync();
        await Eventually.CompletedAsync(identification, _time, TimeSpan.FromMilliseconds(50));
        Assert.InRange(_time.GetUtcNow() - new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2));

        // It is SSH from then on, whatever comes.
        await client.SendRawAsync(Encoding.ASCII.GetBytes("CONNECT abc12:22 HTTP/1.1\r\n\r\n"));
        Assert.Contains("does not speak SSH", (await client.ReadDisconnectAsync()).Sentence, StringComparison.Ordinal);
    }

    // sshd sends its own first: `nc </dev/null`, health checks, and scans that look for the line. Nothing else is of
    // use to them.
    [Theory]
    [InlineData("")]
    [InlineData("CONN")]
    public async Task A_client_that_ends_at_once_gets_the_identification(string before)
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(_plain.Address);
        await client.SendRawAsync(Encoding.ASCII.GetBytes(before));
        client.ShutdownWrites();
        Assert.Equal("SSH-2.0-OpenSSH_9.9p2 SshGateway\r\n", Encoding.ASCII.GetString(await client.ReadToEndAsync()));
        client.Dispose();
        Assert.Equal(ConnectionEnd.ClientLeftEarly, (await _plain.Ends.NextAsync()).End);
    }

    [Fact]
    public async Task A_client_that_ends_behind_a_balancers_header_gets_it_too()
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(_behindBalancer.Address);
        await client.SendRawAsync(Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.7 198.51.100.1 56324 2222\r\n"));
        client.ShutdownWrites();
        Assert.Equal("SSH-2.0-OpenSSH_9.9p2 SshGateway\r\n", Encoding.ASCII.GetString(await client.ReadToEndAsync()));
    }

    [Fact]
    public async Task A_client_that_ends_behind_its_identification_gets_ours()
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(_plain.Address);
        await client.SendRawAsync(Encoding.ASCII.GetBytes("SSH-2.0-x\r\n"));
        client.ShutdownWrites();
        Assert.StartsWith("SSH-2.0-OpenSSH_9.9p2 SshGateway\r\n", Encoding.ASCII.GetString(await client.ReadToEndAsync()), StringComparison.Ordinal);
        client.Dispose();
        Assert.Equal(ConnectionEnd.ClientLeftEarly, (await _plain.Ends.NextAsync()).End);
    }

    [Fact]
    public async Task A_request_that_is_too_long_or_late_is_refused()
    {
        using HandmadeClient endless = await HandmadeClient.ConnectAsync(_plain.Address);
        await endless.SendRawAsync(Encoding.ASCII.GetBytes("CONNECT abc12 HTTP/1.1\r\nA: " + new string('b', 4096)));
        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", Encoding.ASCII.GetString(await endless.ReadToEndAsync()), StringComparison.Ordinal);
        endless.Dispose();
        Assert.Equal((ConnectionEnd.ClientProtocolError, "a CONNECT request of more than 4096 bytes"), await NextAsync());

        using HandmadeClient late = await HandmadeClient.ConnectAsync(_plain.Address);
        await late.SendRawAsync(Encoding.ASCII.GetBytes("CONNECT abc12 HTTP/1.1\r\n"));
        Task<(ConnectionEnd End, string? Detail)> ended = NextAsync();
        await Eventually.CompletedAsync(ended, _time, TimeSpan.FromSeconds(1));
        Assert.Equal((ConnectionEnd.ClientTooSlow, "no complete CONNECT request in time"), await ended);
    }

    private async Task<(ConnectionEnd End, string? Detail)> NextAsync()
    {
        (ConnectionEnd end, _, string? detail) = await _plain.Ends.NextAsync();
        return (end, detail);
    }
}
