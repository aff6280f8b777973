using SshGateway.Tests.Support.Harness;
using Xunit;

namespace SshGateway.Tests.EndToEnd.Clients;

/// <summary>
/// One gateway as it is by default, and one pod. Its second proxy exchanges keys every few megabytes, so that every
/// client is asked to, whether or not it can be told to do so itself.
/// </summary>
public sealed class ClientGateway : IAsyncLifetime
{
    internal const string Session = "work";
    internal const int RekeyBytes = 4_000_000;

    private PodSshd? _pod;
    private Gateway? _gateway;

    internal Gateway Gateway => _gateway!;

    internal PodSshd Pod => _pod!;

    internal KeyPair UserKey { get; private set; } = null!;

    async Task IAsyncLifetime.InitializeAsync()
    {
        if (Tools.Missing(["ssh", "sshd", "ssh-keygen"]) is not null)
        {
            return;
        }

        UserKey = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id_ed25519");
        _gateway = await Gateway.StartAsync(
            await GatewayKeys.GenerateAsync(), new GatewayOptions { ProxyArguments = [[], [$"--Proxy:RekeyBytes={RekeyBytes}"]] });
        _pod = await PodSshd.StartAsync(new PodOptions(Session, Session, Gateway.Keys.UserCa.PublicFile));
        Gateway.Manifests.Write(
            new SessionManifest(Session, [UserKey.PublicLine]) { Port = Pod.Endpoint.Port },
            new PodManifest(Session, Session, Pod.Endpoint.Address));
        foreach (ProxyProcess proxy in Gateway.Proxies)
        {
            CommandResult first = await SshClient.Create(proxy.Ssh, UserKey, Gateway.Keys.HostKeys).RunWhenKnownAsync(Session, "true");
            Assert.True(first.Succeeded, $"The first login failed.\n{first}\n{Gateway.Logs}\n{Pod.Log}");
        }
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_pod is not null)
        {
            await _pod.DisposeAsync();
        }
    }
}
