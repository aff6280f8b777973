using Microsoft.Extensions.Configuration;
using SshGateway.Hosting;
using SshGateway.Operator.Configuration;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Configuration;

/// <summary>The operator's options: defaults, and failures that name the key and the remedy.</summary>
public sealed class OperatorOptionsReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        OperatorOptions options = Read();

        Assert.Equal(("127.0.0.1:7443", "127.0.0.1:8081"), (options.FeedListen, options.HttpListen));
        Assert.Equal((false, false), (options.AllowLoopbackPods, options.AllowUnlabelledPods));
    }

    [Theory]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.1.2.3:7443")]
    [InlineData("[::1]:7443")]
    public void The_insecure_feed_may_listen_on_any_loopback_address(string listen) =>
        Assert.Equal(listen, Read(("FeedListen", listen), ("FeedInsecure", "true"), ("FeedCertificate", "")).FeedListen);

    [Theory]
    [InlineData("0.0.0.0:7443")]
    [InlineData("10.0.0.1:7443")]
    [InlineData("[::]:7443")]
    public void Only_the_secure_feed_may_listen_on_other_addresses(string listen)
    {
        Assert.Equal(listen, Read(("FeedListen", listen)).FeedListen);

        var exception = Assert.Throws<ConfigurationException>(() => Read(("FeedListen", listen), ("FeedInsecure", "true")));
        Assert.Contains("with Operator:FeedInsecure write a loopback address", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void On_kubernetes_the_api_server_has_the_keys()
    {
        Assert.Equal("", Read(("Source", "Kubernetes"), ("Namespaces:0", "claude-sessions"), ("FeedJwks", ""), ("FeedIssuer", "")).FeedJwks);
        Assert.Contains("Operator:FeedIssuer", Assert.Throws<ConfigurationException>(() => Read(("Source", "Kubernetes"), ("FeedJwks", ""))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FeedCertificate", "", "write the PEM file")]
    [InlineData("FeedCertificateKey", "", "write the PEM file")]
    [InlineData("FeedJwks", "", "write the file")]
    [InlineData("FeedIssuer", "", "write the issuer")]
    [InlineData("FeedClients:0", "", "write subjects")]
    [InlineData("FeedListen", "127.0.0.1", "write address:port")]
    [InlineData("FeedListen", "::1", "write address:port")]
    [InlineData("FeedListen", "localhost:7443", "write address:port")]
    [InlineData("HttpListen", "8081", "write address:port")]
    [InlineData("HttpListen", "127.0.0.1:99999", "write address:port")]
    [InlineData("InternalListen", "7444", "write address:port")]
    [InlineData("OtlpEndpoint", "collector:4317", "write the collector's address")]
    [InlineData("Source", "Cluster", "write Directory")]
    [InlineData("Directory", "", "write the directory")]
    [InlineData("Directory", "/no/such/directory", "create it or write another one")]
    [InlineData("PodNetworks:0", "10.1.2.3/16", "write networks in CIDR notation, such as 10.244.0.0/16")]
    [InlineData("AllowLoopbackPods", "maybe", "")]
    [InlineData("FeedLisen", "127.0.0.1:7443", "FeedListen")]
    public void What_cannot_be_used_is_named_with_its_remedy(string key, string value, string remedy)
    {
        var exception = Assert.Throws<ConfigurationException>(() => Read((key, value)));

        Assert.Contains($"Operator:{key.Split(':')[0]}", exception.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void On_kubernetes_the_namespaces_are_named_or_all_are_knowingly_watched()
    {
        (string, string)[] kubernetes = [("Source", "Kubernetes"), ("FeedJwks", ""), ("FeedIssuer", "")];
        Assert.Equal(["claude-sessions"], Read([.. kubernetes, ("Namespaces:0", "claude-sessions")]).Namespaces);
        Assert.True(Read([.. kubernetes, ("AllNamespaces", "true")]).AllNamespaces);

        string neither = Assert.Throws<ConfigurationException>(() => Read(kubernetes)).Message;
        Assert.Contains("Operator:Namespaces is missing; write the namespaces of sessions, such as Operator:Namespaces:0=claude-sessions", neither, StringComparison.Ordinal);
        Assert.Contains("Operator:AllNamespaces=true", neither, StringComparison.Ordinal);
        Assert.Contains(
            "Operator:Namespaces and Operator:AllNamespaces=true exclude each other",
            Assert.Throws<ConfigurationException>(() => Read([.. kubernetes, ("Namespaces:0", "claude-sessions"), ("AllNamespaces", "true")])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Namespaces:0", "claude-sessions")]
    [InlineData("AllNamespaces", "true")]
    public void What_limits_namespaces_does_not_seem_to_limit_a_directory(string key, string value) =>
        Assert.Contains("do not apply to a directory", Assert.Throws<ConfigurationException>(() => Read((key, value))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("InternalCallers:0", "tars", "Operator:InternalCallers has \"tars\"; write ServiceAccounts as namespace:name")]
    [InlineData("HostKeysSecret", "Host_Keys", "Operator:HostKeysSecret is \"Host_Keys\"; write the name of an object")]
    [InlineData("UserCaSecret", "a/b", "Operator:UserCaSecret is \"a/b\"; write the name of an object")]
    [InlineData("ExecHostKeysSecret", "-", "Operator:ExecHostKeysSecret is \"-\"; write the name of an object")]
    [InlineData("ExecHostKeysConfigMap", "-", "Operator:ExecHostKeysConfigMap is \"-\"; write the name of an object")]
    [InlineData("UserCaConfigMap", "-", "Operator:UserCaConfigMap is \"-\"; write the name of an object")]
    public void Names_of_objects_are_checked_before_the_API_server_is_asked(string key, string value, string message)
    {
        var exception = Assert.Throws<ConfigurationException>(() => Read(("Source", "Kubernetes"), (key, value)));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FeedCaSecret", "Feed_CA", "Operator:FeedCaSecret is \"Feed_CA\"; write the name of a Secret")]
    [InlineData("FeedCaConfigMap", "", "Operator:FeedCaConfigMap is \"\"; write the name of a ConfigMap")]
    [InlineData("FeedNames:0", "https://operator", "Operator:FeedNames has \"https://operator\"; write the hosts of Proxy:Operators")]
    [InlineData("FeedCaOverlap", "00:00:00", "write a time from 00:00:01 to 7.00:00:00")]
    [InlineData("FeedCaOverlap", "8.00:00:00", "write a time from 00:00:01 to 7.00:00:00")]
    [InlineData("FeedCertificateLifetime", "02:59:59", "write a time from 3 times Operator:FeedCaOverlap to 365.00:00:00")]
    [InlineData("FeedCaLifetime", "89.00:00:00", "write a time from 3 times Operator:FeedCertificateLifetime to 3650.00:00:00")]
    public void What_the_feeds_CA_cannot_live_with_is_named_with_its_remedy(string key, string value, string message)
    {
        var exception = Assert.Throws<ConfigurationException>(
            () => Read(("Source", "Kubernetes"), ("FeedJwks", ""), ("FeedIssuer", ""), ("FeedCertificate", ""), ("FeedCertificateKey", ""), (key, value)));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FeedCertificate", "tls.crt", "Operator:FeedCertificateKey is missing")]
    [InlineData("FeedCaSecret", "", "Operator:FeedCertificate is missing")]
    public void On_kubernetes_the_certificate_is_the_Secrets_unless_there_are_files(string key, string value, string message)
    {
        (string, string)[] settings = [("Source", "Kubernetes"), ("Namespaces:0", "claude-sessions"), ("FeedJwks", ""), ("FeedIssuer", ""), ("FeedCertificate", ""), ("FeedCertificateKey", "")];

        Assert.False(Read(settings).HasFeedCertificateFiles);
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Read([.. settings, (key, value)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Callers_need_a_listener_and_it_needs_a_certificate()
    {
        OperatorOptions options = Read(("InternalListen", "[::]:7444"), ("InternalCallers:0", "tars:tars"));
        Assert.Equal(("[::]:7444", false), (options.InternalListen, options.InternalApiServerTokens));

        Assert.Contains(
            "Operator:InternalListen is missing; write the address where Operator:InternalCallers may call over TLS, such as [::]:7444",
            Assert.Throws<ConfigurationException>(() => Read(("InternalCallers:0", "tars:tars"))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "leave out Operator:FeedInsecure or Operator:InternalListen",
            Assert.Throws<ConfigurationException>(() => Read(("InternalListen", "127.0.0.1:0"), ("FeedInsecure", "true"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_keys_have_names_and_an_empty_one_turns_them_off()
    {
        OperatorOptions options = Read(("Source", "Kubernetes"), ("Namespaces:0", "claude-sessions"), ("HostKeysSecret", ""));

        Assert.Equal(("", "ssh-gateway-user-ca", "ssh-gateway-user-ca"), (options.HostKeysSecret, options.UserCaSecret, options.UserCaConfigMap));
        Assert.Equal(("", ""), (options.ExecHostKeysSecret, options.ExecHostKeysConfigMap));
        Assert.Equal(("ssh-gateway-host-keys", 0), (Read().HostKeysSecret, Read().InternalCallers.Count));
    }

    private OperatorOptions Read(params (string Key, string Value)[] settings)
    {
        var configuration = new Dictionary<string, string?>
        {
            ["Operator:Directory"] = _directory.Path,
            ["Operator:FeedCertificate"] = "tls.crt",
            ["Operator:FeedCertificateKey"] = "tls.key",
            ["Operator:FeedJwks"] = "jwks.json",
            ["Operator:FeedIssuer"] = "https://issuer",
        };
        foreach ((string key, string value) in settings)
        {
            configuration[$"Operator:{key}"] = value;
        }
        return OperatorOptionsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(configuration).Build());
    }
}
