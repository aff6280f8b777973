using SshGateway.Kubernetes.ApiServer;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>A token's file while somebody writes it.</summary>
public sealed class TokenFileTests
{
    // With an empty token the request is anonymous. The API server refuses it with 403, and only a 401 makes the
    // operator read the file again. projectcapsule/capsule-proxy#1097 overwrote its token in this way.
    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    public async Task An_empty_file_does_not_replace_the_token(string empty)
    {
        using var directory = new TemporaryDirectory();
        var time = new ManualTimeProvider();
        directory.Write("token", "first\n");
        var file = new TokenFile(directory.File("token"), clientCertificate: null, time);
        Assert.Equal("first", await file.GetTokenAsync(CancellationToken.None));

        directory.Write("token", empty);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("first", await file.GetTokenAsync(CancellationToken.None));

        directory.Write("token", "second\n");
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("second", await file.GetTokenAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_empty_file_is_no_token_and_is_read_again_at_the_next_request()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("token", "");
        var file = new TokenFile(directory.File("token"), clientCertificate: null, new ManualTimeProvider());
        IOException empty = await Assert.ThrowsAsync<IOException>(
            async () => await file.GetTokenAsync(CancellationToken.None));
        Assert.Contains(directory.File("token"), empty.Message, StringComparison.Ordinal);

        directory.Write("token", "first");
        Assert.Equal("first", await file.GetTokenAsync(CancellationToken.None));
    }
}
