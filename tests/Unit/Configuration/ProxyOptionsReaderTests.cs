using Microsoft.Extensions.Configuration;
using SshGateway.Hosting;
using SshGateway.Proxy.Configuration;
using SshGateway.Ssh.KeyExchange;
using Xunit;

namespace SshGateway.Tests.Unit.Configuration;

public sealed class ProxyOptionsReaderTests
{
    private static readonly Dictionary<string, string?> Good = new()
    {
        ["Proxy:HostKeys:0"] = "/keys/host",
        ["Proxy:UserCaKey"] = "/keys/ca",
        ["Proxy:Operators:0"] = "127.0.0.1:7443",
        ["Proxy:OperatorCA"] = "/keys/operator-ca",
        ["Proxy:OperatorToken"] = "/keys/token",
    };

    [Fact]
    public void The_required_keys_are_enough()
    {
        ProxyOptions options = Read();
        Assert.Equal("[::]:2222", options.Listen);
        Assert.Equal("127.0.0.1:8080", options.HttpListen);
        Assert.Equal(["/keys/host"], options.HostKeys);
        Assert.Equal("/keys/ca", options.UserCaKey);
        Assert.Equal(["127.0.0.1:7443"], options.Operators);
        Assert.Empty(options.Ciphers);
        Assert.Equal(0, options.RekeyBytes);
        Assert.Equal(TimeSpan.FromSeconds(10), options.KeyExchangeTimeout);
        Assert.Equal(TimeSpan.FromSeconds(120), options.AuthenticationTimeout);
    }

    [Fact]
    public void Exec_relays_need_certificates()
    {
        (string, string?)[] relays = [("Proxy:ExecRelays:0", "relay:2222"), ("Proxy:ExecRelayHostKeys", "/keys")];
        Assert.Equal(["relay:2222"], Read(relays).ExecRelays);
        Assert.Contains(
            "exec relays accept only certificates",
            Assert.Throws<ConfigurationException>(() => Read([.. relays, ("Proxy:UserCaKey", null), ("Proxy:GatewayKey", "/keys/key")])).Message, StringComparison.Ordinal);
        (string, string?)[] many = [.. Enumerable.Range(0, 17).Select(i => ($"Proxy:ExecRelays:{i}", (string?)"relay:2222"))];
        Assert.Contains("write 16 at most", Assert.Throws<ConfigurationException>(() => Read([.. relays, .. many])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Proxy:Listen", "2222", "[::]:2222")]
    [InlineData("Proxy:Listen", "localhost:2222", "[::]:2222")]
    [InlineData("Proxy:HttpListen", "127.0.0.1", "127.0.0.1:8080")]
    [InlineData("Proxy:OtlpEndpoint", "collector:4317", "http://127.0.0.1:4317")]
    [InlineData("Proxy:Id", "two words", "without spaces")]
    [InlineData("Proxy:Id", "", "1 to 128")]
    [InlineData("Proxy:Operators:0", "http://operator:7443", "host:port")]
    [InlineData("Proxy:Operators:0", "operator:port", "host:port")]
    [InlineData("Proxy:Operators:0", "operator", "host:port")]
    [InlineData("Proxy:Operators:0", "operator:0", "host:port")]
    [InlineData("Proxy:ExecRelays:0", "relay", "Proxy:ExecRelays has \"relay\"; write host:port")]
    [InlineData("Proxy:ExecRelays:0", "ssh://relay:2222", "host:port")]
    [InlineData("Proxy:ExecRelays:0", "relay:2222", "Proxy:ExecRelayHostKeys is missing")]
    [InlineData("Proxy:ExecRelayHostKeys", "/keys/relay.pub", "Proxy:ExecRelays is missing")]
    [InlineData("Proxy:Ciphers:0", "3des-cbc", "aes128-gcm@openssh.com")]
    [InlineData("Proxy:Macs:0", "hmac-md5", "hmac-sha2-256")]
    [InlineData("Proxy:KexAlgorithms:0", "diffie-hellman-group1-sha1", "curve25519-sha256")]
    [InlineData("Proxy:RekeyBytes", "1000", "65536")]
    [InlineData("Proxy:RekeyBytes", "-1", "at least")]
    [InlineData("Proxy:KeyExchangeTimeout", "00:00:00", "00:00:10")]
    [InlineData("Proxy:KeyExchangeTimeout", "00:11:00", "00:10:00")]
    [InlineData("Proxy:AuthenticationTimeout", "-00:00:01", "00:02:00")]
    [InlineData("Proxy:AuthenticationTimeout", "soon", "Proxy:AuthenticationTimeout")]
    [InlineData("Proxy:RekeyBytes", "many", "Proxy:RekeyBytes")]
    [InlineData("Proxy:ProxyProtocolFrom:0", "10.0.0.1", "10.0.0.0/8")]
    [InlineData("Proxy:ProxyProtocolFrom:0", "10.0.0.1/8", "without bits")]
    [InlineData("Proxy:PenaltyExempt:0", "localhost", "10.0.0.0/8")]
    [InlineData("Proxy:MaxConnections", "0", "10000")]
    [InlineData("Proxy:MaxUnauthenticated", "0", "1000")]
    [InlineData("Proxy:MaxUnauthenticatedPerSource", "-1", "100")]
    [InlineData("Proxy:ClientWindow", "65535", "write 0 for what the kernel allows, or a number from 65536")]
    [InlineData("Proxy:PodWindow", "67108865", "such as 262144")]
    [InlineData("Proxy:SourcePrefixIPv4", "33", "32")]
    [InlineData("Proxy:SourcePrefixIPv6", "8", "from 16 to 128")]
    [InlineData("Proxy:PassthroughPerSource", "0", "32")]
    [InlineData("Proxy:BusyPoll", "1001", "from 0 to 1000")]
    [InlineData("Proxy:PassthroughPerPod", "0", "from 1 to 1000")]
    [InlineData("Proxy:HandshakesPerPod", "0", "from 1 to 100")]
    [InlineData("Proxy:PeerTimeout", "00:00:05", "00:00:10")]
    [InlineData("Proxy:UnreachableClientTimeout", "00:00:05", "02:11:15")]
    [InlineData("Proxy:UnreachableClientTimeout", "8.00:00:00", "7.00:00:00")]
    [InlineData("Proxy:PodLoginTimeout", "00:00:00", "00:00:30")]
    [InlineData("Proxy:PodLoginTimeout", "00:11:00", "00:10:00")]
    [InlineData("Proxy:DrainDelay", "-00:00:01", "00:00:15")]
    [InlineData("Proxy:DrainTimeout", "8.00:00:00", "00:55:00")]
    [InlineData("Proxy:Cipher", "aes128-ctr", "did you mean Proxy:Ciphers?")]
    [InlineData("Proxy:DrainTimeout", "1m", "hh:mm:ss")]
    [InlineData("Proxy:DrainTimeout", "5", "hh:mm:ss")]
    [InlineData("Proxy:DrainTimeout", "24:00:00", "hh:mm:ss")]
    [InlineData("Proxy:DrainTimeout", "", "hh:mm:ss")]
    [InlineData("Proxy:Penalties", "yes", "true or false")]
    [InlineData("Proxy:Penalties", "1", "true or false")]
    [InlineData("Proxy:MaxConnections", "10k", "a whole number")]
    [InlineData("Proxy:MaxConnections", "3000000000", "a whole number")]
    [InlineData("Proxy:Operators", "127.0.0.1:7443", "write Proxy:Operators:0=127.0.0.1:7443")]
    [InlineData("Proxy:Operators:first", "127.0.0.1:7443", "Proxy:Operators:0=")]
    [InlineData("Proxy:Operators:0:host", "127.0.0.1:7443", "list of texts")]
    [InlineData("Proxy:UserCaKey:0", "/keys/ca", "must be one value")]
    public void A_bad_value_is_named_with_what_to_write_instead(string key, string value, string remedy)
    {
        ConfigurationException refused = Assert.Throws<ConfigurationException>(() => Read((key, value)));
        Assert.Contains(key.EndsWith(":0", StringComparison.Ordinal) ? key[..^2] : key, refused.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Proxy:HostKeys:0", "Proxy:HostKeys is missing")]
    [InlineData("Proxy:UserCaKey", "Proxy:UserCaKey is missing")]
    [InlineData("Proxy:Operators:0", "Proxy:Operators is missing")]
    [InlineData("Proxy:OperatorCA", "Proxy:OperatorCA is missing")]
    [InlineData("Proxy:OperatorToken", "Proxy:OperatorToken is missing")]
    public void A_missing_key_is_named(string key, string message)
    {
        ConfigurationException refused = Assert.Throws<ConfigurationException>(() => Read((key, null)));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        ConfigurationException refused = Assert.Throws<ConfigurationException>(
            () => Read(("Proxy:Listen", "x"), ("Proxy:UserCaKey", null), ("Proxy:Macs:0", "y"), ("Proxy:Nonsense", "z")));
        Assert.Equal(4, refused.Message.Split(Environment.NewLine).Length);
    }

    [Theory]
    [InlineData("127.0.0.1:7443", true)]
    [InlineData("[::1]:7443", true)]
    [InlineData("10.0.0.1:7443", false)]
    [InlineData("localhost:7443", false)]
    [InlineData("operator:7443", false)]
    public void Without_tls_operators_are_on_this_machine(string address, bool isGood)
    {
        (string Key, string? Value)[] changes =
            [("Proxy:OperatorInsecure", "true"), ("Proxy:OperatorCA", null), ("Proxy:OperatorToken", null), ("Proxy:Operators:0", address)];
        if (isGood)
        {
            Assert.True(Read(changes).OperatorInsecure);
            return;
        }
        Assert.Contains("with Proxy:OperatorInsecure write loopback addresses", Assert.Throws<ConfigurationException>(() => Read(changes)).Message, StringComparison.Ordinal);
    }

    // chacha20 costs twice as much and every OpenSSH would choose it: only on request.
    [Fact]
    public void The_default_offer_has_every_algorithm_but_chacha20()
    {
        KexOffer offer = ClientOffer.Create(Read());
        Assert.Equal(["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr"], offer.Ciphers.Select(cipher => cipher.Name));
        Assert.Equal(KeyExchangeAlgorithm.All, offer.KexAlgorithms);
        Assert.Equal(4, offer.Macs.Count);
    }

    [Fact]
    public void The_configured_algorithms_are_offered_in_their_order()
    {
        KexOffer offer = ClientOffer.Create(
            Read(
                ("Proxy:Ciphers:0", "chacha20-poly1305@openssh.com"), ("Proxy:Ciphers:1", "aes128-ctr"), ("Proxy:Macs:0", "hmac-sha2-512"),
                ("Proxy:KexAlgorithms:0", "diffie-hellman-group14-sha256"), ("Proxy:KexAlgorithms:1", "curve25519-sha256")));
        Assert.Equal(["chacha20-poly1305@openssh.com", "aes128-ctr"], offer.Ciphers.Select(cipher => cipher.Name));
        Assert.Equal(["hmac-sha2-512"], offer.Macs.Select(mac => mac.Name));
        Assert.Equal(["diffie-hellman-group14-sha256", "curve25519-sha256"], offer.KexAlgorithms.Select(kex => kex.Name));
    }

    private static ProxyOptions Read(params (string Key, string? Value)[] changes)
    {
        var values = new Dictionary<string, string?>(Good);
        foreach ((string key, string? value) in changes)
        {
            values[key] = value;
            if (value is null)
            {
                values.Remove(key);
            }
        }
        return ProxyOptionsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
    }
}
