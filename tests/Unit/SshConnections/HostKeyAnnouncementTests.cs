using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.SshConnections;

/// <summary>Which clients get the gateway's list of host keys, hostkeys-00@openssh.com.</summary>
public sealed class HostKeyAnnouncementTests(GatewayRig gateway) : IClassFixture<GatewayRig>
{
    // Some old clients close the connection when they receive it (hierynomus/sshj#237 is one such report). sshd does
    // not send it to those in OpenSSH's compat.c, SSH_BUG_HOSTKEYS.
    [Theory]
    [InlineData("SSH-2.0-TTSSH/2.72 Win32", false)]
    [InlineData("SSH-2.0-TTSSH/2.73 Win32", true)]
    [InlineData("SSH-2.0-TTSSH/2.92 Win32", true)]
    [InlineData("SSH-2.0-TeraTerm SSH", false)]
    [InlineData("SSH-2.0-Cisco-1.25", false)]
    [InlineData("SSH-1.99-Cisco-1.25", false)]
    [InlineData("SSH-2.0-CiscoX", true)]
    [InlineData("SSH-2.0-JSCH-0.1.72", true)]
    [InlineData("SSH-2.0-", true)]
    public async Task Clients_that_do_not_accept_it_do_not_get_it(string identification, bool isAnnounced)
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(gateway.Address, identification);
        await client.HandshakeAsync(new KexInitText());
        await client.SendAsync(AuthMessages.ServiceRequest());
        Assert.Equal(MessageNumber.ServiceAccept, (await client.ReadAsync())[0]);
        await client.SendAsync(
            AuthMessages.Signed(client.SessionId, GatewayRig.SessionId, gateway.Key, gateway.Key, hostKey: null));
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReadAsync())[0]);
        await client.SendAsync([94, 1]);

        byte[] next = await client.ReadAsync();

        Assert.Equal(isAnnounced ? HostKeyRotation.Announce(gateway.HostKeys) : [94, 1], next);
    }
}
