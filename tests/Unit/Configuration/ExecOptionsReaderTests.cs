using Microsoft.Extensions.Configuration;
using SshGateway.Exec.Configuration;
using SshGateway.Hosting;
using Xunit;

namespace SshGateway.Tests.Unit.Configuration;

public sealed class ExecOptionsReaderTests
{
    private static readonly Dictionary<string, string?> Good = new()
    {
        ["Exec:HostKeys:0"] = "/keys/host",
        ["Exec:UserCa"] = "/keys/user_ca.pub",
        ["Exec:Operators:0"] = "127.0.0.1:7443",
        ["Exec:OperatorCA"] = "/keys/operator-ca",
        ["Exec:OperatorToken"] = "/keys/token",
    };

    [Fact]
    public void The_required_keys_are_enough()
    {
        ExecOptions options = Read();
        Assert.Equal("[::]:2223", options.Listen);
        Assert.Equal("127.0.0.1:8082", options.HttpListen);
        Assert.Equal(["/keys/host"], options.HostKeys);
        Assert.Equal("/keys/user_ca.pub", options.UserCa);
        Assert.Equal(["127.0.0.1:7443"], options.Operators);
        Assert.False(options.LogCommands);
    }

    [Theory]
    [InlineData("Exec:Listen", "2223", "[::]:2223")]
    [InlineData("Exec:HttpListen", "127.0.0.1", "127.0.0.1:8082")]
    [InlineData("Exec:OtlpEndpoint", "collector:4317", "http://127.0.0.1:4317")]
    [InlineData("Exec:Id", "two words", "without spaces")]
    [InlineData("Exec:Operators:0", "operator", "host:port")]
    [InlineData("Exec:MaxConnections", "0", "from 1 to 100000")]
    [InlineData("Exec:MaxChannels", "1001", "from 1 to 1000")]
    [InlineData("Exec:DrainDelay", "00:11:00", "00:00:15")]
    [InlineData("Exec:DrainTimeout", "-00:00:01", "00:55:00")]
    [InlineData("Exec:LogCommands", "yes", "true or false")]
    [InlineData("Exec:UserCA:0", "/keys/ca", "must be one value")]
    [InlineData("Exec:MaxChannel", "7", "did you mean Exec:MaxChannels?")]
    public void A_bad_value_is_named_with_what_to_write_instead(string key, string value, string remedy)
    {
        ConfigurationException refused = Assert.Throws<ConfigurationException>(() => Read((key, value)));
        Assert.Contains(key.EndsWith(":0", StringComparison.Ordinal) ? key[..^2] : key, refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(remedy, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Exec:HostKeys:0", "Exec:HostKeys is missing")]
    [InlineData("Exec:UserCa", "Exec:UserCa is missing")]
    [InlineData("Exec:Operators:0", "Exec:Operators is missing")]
    [InlineData("Exec:OperatorCA", "Exec:OperatorCA is missing")]
    [InlineData("Exec:OperatorToken", "Exec:OperatorToken is missing")]
    public void A_missing_key_is_named(string key, string message) =>
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Read((key, null))).Message, StringComparison.Ordinal);

    [Fact]
    public void Without_tls_operators_are_on_this_machine() => Assert.Contains(
        "with Exec:OperatorInsecure write loopback addresses",
        Assert.Throws<ConfigurationException>(() => Read(("Exec:OperatorInsecure", "true"), ("Exec:Operators:0", "operator:7443"))).Message,
        StringComparison.Ordinal);

    private static ExecOptions Read(params (string Key, string? Value)[] changes)
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
        return ExecOptionsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
    }
}
