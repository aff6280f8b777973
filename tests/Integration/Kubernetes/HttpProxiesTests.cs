using System.Net;
using SshGateway.Kubernetes.ApiServer;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Which proxy the environment wants: the rules of Go's httpproxy, which kubectl has.</summary>
public sealed class HttpProxiesTests
{
    [Theory]
    [InlineData("https://api.example:6443", "", false)]
    [InlineData("https://api.example:6443", "*", true)]
    [InlineData("https://api.example:6443", "api.example", true)]
    [InlineData("https://api.example:6443", "API.Example", true)]
    [InlineData("https://api.example:6443", "example", true)]
    [InlineData("https://api.example:6443", ".example", true)]
    [InlineData("https://api.example:6443", "*.example", true)]
    [InlineData("https://example:6443", ".example", false)]
    [InlineData("https://example:6443", "example", true)]
    [InlineData("https://myexample:6443", "example", false)]
    [InlineData("https://api.example:6443", "api.example:6443", true)]
    [InlineData("https://api.example:6443", "api.example:443", false)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3", true)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3:443", false)]
    [InlineData("https://10.1.2.3:6443", "10.0.0.0/8", true)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.4/30", false)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.1/30", true)]
    [InlineData("https://10.1.2.3:6443", " 192.168.0.0/16 , 10.0.0.0/8 ", true)]
    [InlineData("https://10.1.2.3:6443", "0.0.0.0/0", true)]
    [InlineData("https://10.1.2.3:6443", "10.0.0.0/33", false)]
    [InlineData("https://10.1.2.3:6443", "10.0.0.0/x", false)]
    [InlineData("https://10.1.2.3:6443", "10.1.2", false)]
    [InlineData("https://[fd00::1]:6443", "fd00::/8", true)]
    [InlineData("https://[fd00::1]:6443", "fd00::1", true)]
    [InlineData("https://[fd00::1]:6443", "[fd00::1]:6443", true)]
    [InlineData("https://[fd00::1]:6443", "[fd00::1]:443", false)]
    [InlineData("https://[fd00::1]:6443", "10.0.0.0/8", false)]
    [InlineData("https://127.0.0.1:6443", "", true)]
    [InlineData("https://localhost:6443", "", true)]
    [InlineData("https://api.example:6443", ":6443,,/,.", false)]
    public void NO_PROXY_exempts_names_addresses_and_networks(string server, string noProxy, bool isExempt) =>
        Assert.Equal(isExempt, HttpProxies.IsExempt(new Uri(server), noProxy));

    [Theory]
    [InlineData("https://api.example", "HTTPS_PROXY", "http://proxy:3128", "http://proxy:3128/")]
    [InlineData("https://api.example", "https_proxy", "proxy:3128", "http://proxy:3128/")]
    [InlineData("https://api.example", "HTTP_PROXY", "http://proxy:3128", null)]
    [InlineData("http://api.example", "HTTP_PROXY", "http://proxy:3128", "http://proxy:3128/")]
    [InlineData("https://api.example", "ALL_PROXY", "http://proxy:3128", null)]
    [InlineData("https://api.example", "HTTPS_PROXY", "", null)]
    public void The_variable_for_the_servers_scheme_names_the_proxy(string server, string name, string value, string? proxy) =>
        Assert.Equal(proxy, HttpProxies.FindInEnvironment(new Uri(server), variable => variable == name ? value : null)?.Address?.AbsoluteUri);

    [Fact]
    public void A_password_goes_to_the_proxy_and_not_into_its_address()
    {
        WebProxy proxy = HttpProxies.Parse("http://user:p%40ss%3Aword@proxy:3128")!;

        Assert.Equal("http://proxy:3128/", proxy.Address!.AbsoluteUri);
        NetworkCredential credential = proxy.Credentials!.GetCredential(proxy.Address, "Basic")!;
        Assert.Equal(("user", "p@ss:word"), (credential.UserName, credential.Password));
    }
}
