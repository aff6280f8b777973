using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>
/// An operator and proxies as processes, on a real API server with the roles of deploy/, while the feed's CA,
/// certificate and tokens are replaced.
/// </summary>
[Collection(DeployGroup.Name)]
public sealed class FeedCaProcessTests(KubernetesServer server) : IDisposable
{
    private const string Name = "ssh-gateway-feed-ca";
    private const string InStep = "Synchronized with operator";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [DeployedFact]
    [Trait("Category", "Long")]
    public async Task The_CA_the_certificate_and_a_token_are_replaced_and_no_stream_is_lost()
    {
        await DeployedOverlay.ApplyAsync(server);
        await DeleteAsync();
        // What deploy/ leaves to months, in seconds.
        await using Daemon gateway = await StartOperatorAsync("--Operator:FeedCaOverlap=00:00:04", "--Operator:FeedCertificateLifetime=00:00:15", "--Operator:FeedCaLifetime=00:01:00");
        int port = await PortAsync(gateway, "Feed listening on ");
        await Eventually.TrueAsync(async () => await MountAsync(), Deadline, () => $"the CA is published\n{gateway.Output}");
        using var kubelet = new CancellationTokenSource();
        Task mounting = KeepMountingAsync(kubelet.Token);
        try
        {
            GatewayKeys keys = await GatewayKeys.GenerateAsync();
            string token = await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-proxy", FeedKeys.Audience);
            _directory.Write("token-1", token);
            // Its stream ends half a minute after the token, for clocks may differ by as much.
            _directory.Write("token-2", Shortened(token, TimeSpan.FromSeconds(5)));
            await using Daemon first = StartProxy("first", port, keys, "token-1");
            await using Daemon second = StartProxy("second", port, keys, "token-2");
            await first.WaitForLineAsync(InStep, Deadline);
            await second.WaitForLineAsync(InStep, Deadline);
            _directory.WriteByRename("token-2", token);
            HashSet<string> authorities = [await CurrentAsync()];

            await gateway.WaitForLineAsync(": NextCaMade", Deadline);
            await gateway.WaitForLineAsync(": NextCaSigns", Deadline);
            authorities.Add(await CurrentAsync());
            await gateway.WaitForLineAsync(": PreviousCaDropped", Deadline);
            await second.WaitForLineAsync("TokenExpired", Deadline);
            await Eventually.TrueAsync(() => Count(second, InStep) == 2, Deadline, () => second.Output);
            await using Daemon third = StartProxy("third", port, keys, "token-1");
            await third.WaitForLineAsync(InStep, Deadline);

            Assert.Equal(2, authorities.Count);
            Assert.True(Count(gateway, ": CertificateRenewed") >= 2, gateway.Output);
            // The first has seen all of it over the connection that it began with, and it still works.
            Assert.Equal((1, 0), (Count(first, InStep), Count(first, "No feed")));
            Assert.Equal(0, Count(second, "No feed"));
            await AssertFollowsAsync(first, second, third);
        }
        finally
        {
            await kubelet.CancelAsync();
            await mounting;
            await DeleteAsync();
            // It was killed and gave nothing back.
            await server.KubectlAsync("delete", "lease", "ssh-gateway-operator", "-n", "ssh-gateway", "--ignore-not-found");
        }
    }

    private async Task AssertFollowsAsync(params Daemon[] proxies)
    {
        double[] before = await Task.WhenAll(proxies.Select(EntriesAsync));
        await server.Admin.CreateSessionAsync("claude-sessions", "rotated");
        try
        {
            foreach ((Daemon proxy, double count) in proxies.Zip(before))
            {
                await Eventually.TrueAsync(async () => await EntriesAsync(proxy) == count + 1, Deadline, () => $"{proxy.Name} follows\n{proxy.Output}");
            }
        }
        finally
        {
            await server.Admin.DeleteSessionAsync("claude-sessions", "rotated");
        }
    }

    private static async Task<double> EntriesAsync(Daemon proxy)
    {
        using var http = new HttpClient();
        string text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{await PortAsync(proxy, "Probes listening on ")}/metrics"));
        string line = text.Split('\n').Single(l => l.StartsWith("sshgateway_proxy_table_entries ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], null);
    }

    private async Task<Daemon> StartOperatorAsync(params string[] more)
    {
        string token = await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-operator");
        return Program(
            "operator",
            [
                "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={server.Kubeconfig(user: $"token: {token}")}", "--Operator:Namespaces:0=claude-sessions",
                "--Operator:LeaseNamespace=ssh-gateway", "--Operator:FeedListen=127.0.0.1:0", "--Operator:HttpListen=127.0.0.1:0", "--Operator:FeedNames:0=127.0.0.1", .. more,
            ]);
    }

    private Daemon StartProxy(string name, int port, GatewayKeys keys, string tokenFile) => Program(
        "proxy",
        [
            $"--Proxy:Id={name}", "--Proxy:Listen=127.0.0.1:0", "--Proxy:HttpListen=127.0.0.1:0", $"--Proxy:Operators:0=127.0.0.1:{port}",
            $"--Proxy:OperatorCA={_directory.File("ca.crt")}", $"--Proxy:OperatorToken={_directory.File(tokenFile)}", $"--Proxy:UserCaKey={keys.UserCa.PrivateFile}",
            .. keys.HostKeys.Select((key, index) => $"--Proxy:HostKeys:{index}={key.PrivateFile}"),
        ]);

    private static Daemon Program(string program, IEnumerable<string> arguments) =>
        GatewayProgram.Start(program, program, arguments);

    private static async Task<int> PortAsync(Daemon daemon, string line) =>
        int.Parse((await daemon.WaitForLineAsync(line, TimeSpan.FromSeconds(60))).Split(' ')[0].TrimEnd('.', ',').Split(':')[^1], null);

    // There is no kubelet: this is what it does with the ConfigMap.
    private async Task KeepMountingAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await MountAsync();
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> MountAsync()
    {
        string bundle = await server.KubectlAsync("get", "configmap", "-n", "ssh-gateway", Name, "--ignore-not-found", "-o", @"jsonpath={.data.ca\.crt}");
        if (bundle.Length > 0)
        {
            _directory.WriteByRename("ca.crt", bundle);
        }
        return bundle.Length > 0;
    }

    private Task<string> CurrentAsync() => server.KubectlAsync("get", "secret", "-n", "ssh-gateway", Name, "-o", @"jsonpath={.data.ca\.crt}");

    // The same token of the same issuer, as if it had been made to end soon: the API server makes none that do.
    private string Shortened(string token, TimeSpan lifetime)
    {
        string[] parts = token.Split('.');
        JsonNode claims = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
        claims["exp"] = (DateTimeOffset.UtcNow + lifetime).ToUnixTimeSeconds();
        string signed = $"{parts[0]}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        using var key = RSA.Create();
        key.ImportFromPem(File.ReadAllText(server.TokenKeyFile));
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static int Count(Daemon daemon, string text) => daemon.Output.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));

    private async Task DeleteAsync()
    {
        foreach (string kind in (string[])["secret", "configmap"])
        {
            await server.KubectlAsync("delete", kind, "-n", "ssh-gateway", Name, "--ignore-not-found");
        }
    }
}
