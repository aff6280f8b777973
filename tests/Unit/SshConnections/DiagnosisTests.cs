using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.SshConnections;

/// <summary>What the log has at Debug for an operator who wants to know why a login failed.</summary>
public sealed class DiagnosisTests : IAsyncLifetime, IDisposable
{
    private readonly GatewayRig _gateway = new();

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose() => _gateway.Dispose();

    [Theory]
    [InlineData(GatewayRig.SessionId, "it is none of the session's keys")]
    [InlineData("nobody", "it was offered for a session that does not exist")]
    public async Task It_says_why_a_key_was_refused(string session, string reason)
    {
        using SshPrivateKey stranger = Ed25519PrivateKey.Generate();
        await using SshClientTransport client = await _gateway.ConnectForAuthenticationAsync();
        await client.Output.SendAsync(AuthMessages.Signed(client, session, stranger)).Limited();
        Assert.Equal(MessageNumber.UserAuthFailure, (await client.ReceiveAsync().Limited()).Number);

        (LogLevel level, _, string text) = Assert.Single(_gateway.AuthenticationLog.Lines);
        Assert.Equal(LogLevel.Debug, level);
        Assert.Contains($"user \"{session}\"", text, StringComparison.Ordinal);
        Assert.Contains($"ssh-ed25519 {stranger.PublicKey.Fingerprint}", text, StringComparison.Ordinal);
        Assert.EndsWith(reason, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_says_what_was_negotiated()
    {
        await using SshClientTransport client = await _gateway.LogInAsync();
        Assert.Contains(_gateway.Ends.Lines, line => line.StartsWith("Debug", StringComparison.Ordinal) && line.Contains(client.NegotiatedAlgorithms.Split(" with ")[0], StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_says_why_a_dial_failed()
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _gateway.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, endpoint: (IPEndPoint)closed.LocalEndPoint!, keys: [_gateway.Key.PublicKey]));
        await using SshClientTransport client = await _gateway.StartLoginAsync();
        Assert.Equal(MessageNumber.UserAuthBanner, (await client.ReceiveAsync().Limited()).Number);

        (LogLevel level, _, string text) = Assert.Single(_gateway.PodLog.Lines);
        Assert.Equal(LogLevel.Debug, level);
        Assert.Contains($"{closed.LocalEndPoint}: Connection refused", text, StringComparison.Ordinal);
    }
}
