using System.Net;
using SshGateway.Exec.ApiServer;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.ExecApi;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Integration.ExecApi;

/// <summary>Streams that do not begin, each for a reason of its own.</summary>
public sealed class PodClientTests : IAsyncLifetime, IDisposable
{
    private static readonly PodTarget Pod = new("agents", "abc12-0", "uid-1");
    private static readonly ExecRequest Request = new("main", ["true"]);

    private StandInApiServer _server = null!;
    private PodClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await StandInApiServer.StartAsync();
        _server.AddPod(Pod.Namespace, Pod.Name, Pod.Uid);
        _client = new PodClient(_server.Access, TimeProvider.System);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Another_pod_of_the_same_name_is_refused_before_the_command_starts()
    {
        ApiServerException failure = await FailAsync(Pod with { Uid = "uid-0" });
        Assert.Equal(ApiServerFailure.UidDiffers, failure.Kind);
        Assert.Contains("abc12-0", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task A_pod_that_is_gone_is_said_to_be()
    {
        _server.RemovePod(Pod.Namespace, Pod.Name);
        ApiServerException failure = await FailAsync(Pod);
        Assert.Equal((ApiServerFailure.Gone, "The session's pod is gone: pods \"abc12-0\" not found"), (failure.Kind, failure.Message));
    }

    [Theory]
    [InlineData("Succeeded", nameof(ApiServerFailure.Gone))]
    [InlineData("Failed", nameof(ApiServerFailure.Gone))]
    [InlineData("Pending", nameof(ApiServerFailure.Unavailable))]
    public async Task A_pod_that_does_not_run_is_refused(string phase, string kind)
    {
        _server.SetPhase(Pod.Namespace, Pod.Name, phase);
        Assert.Equal(kind, $"{(await FailAsync(Pod)).Kind}");
    }

    [Fact]
    public async Task A_container_that_is_not_there_is_named()
    {
        ApiServerException failure = await FailAsync(Pod, Request with { Container = "nowhere" });
        Assert.Equal((ApiServerFailure.NoContainer, "Pod abc12-0 has no container nowhere."), (failure.Kind, failure.Message));
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, nameof(ApiServerFailure.NotAllowed))]
    [InlineData(HttpStatusCode.NotFound, nameof(ApiServerFailure.Gone))]
    [InlineData(HttpStatusCode.BadRequest, nameof(ApiServerFailure.Invalid))]
    [InlineData(HttpStatusCode.TooManyRequests, nameof(ApiServerFailure.Unavailable))]
    [InlineData(HttpStatusCode.InternalServerError, nameof(ApiServerFailure.Unavailable))]
    public async Task The_servers_reason_is_part_of_the_sentence_and_cannot_change_a_terminal(HttpStatusCode code, string kind)
    {
        _server.Refusal = (code, "Reason", "because\u001b[2J of this" + new string('x', 10_000));
        ApiServerException failure = await FailAsync(Pod);
        Assert.Equal(kind, $"{failure.Kind}");
        Assert.Contains(": because [2J of this", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.Message.Length < 1000);
        ApiServerException forward = await Assert.ThrowsAsync<ApiServerException>(() => _client.PortForwardAsync(Pod, 80, CancellationToken.None).Limited());
        Assert.Equal(failure.Message, forward.Message);
    }

    [Fact]
    public async Task Credentials_that_are_not_accepted_are_said_not_to_be()
    {
        using var client = new PodClient(_server.Access with { Credentials = new FixedCredential("wrong", null) }, TimeProvider.System);
        ApiServerException failure = await Assert.ThrowsAsync<ApiServerException>(() => client.ExecAsync(Pod, Request, CancellationToken.None).Limited());
        Assert.Equal(ApiServerFailure.NotAllowed, failure.Kind);
        Assert.StartsWith("The cluster's API server does not accept the credentials", failure.Message, StringComparison.Ordinal);
    }

    // The certificate is one of the right CA, for another name.
    [Fact]
    public async Task A_server_of_another_name_gets_no_token()
    {
        using var client = new PodClient(_server.Access with { TlsServerName = null }, TimeProvider.System);
        ApiServerException failure = await Assert.ThrowsAsync<ApiServerException>(() => client.ExecAsync(Pod, Request, CancellationToken.None).Limited());
        Assert.Equal((ApiServerFailure.Unavailable, "The cluster's API server cannot be reached. Try again."), (failure.Kind, failure.Message));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        var time = new ManualTimeProvider();
        using var client = new PodClient(_server.Access, time);
        _server.IsMute = true;
        Task<ExecStream> starting = client.ExecAsync(Pod, Request, CancellationToken.None);
        Task<ApiServerException> failing = Assert.ThrowsAsync<ApiServerException>(() => starting);
        await Eventually.CompletedAsync(failing, time, TimeSpan.FromSeconds(1));
        Assert.Contains("did not answer within 10 seconds", (await failing).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_no_server_takes_is_not_sent()
    {
        ApiServerException failure = await FailAsync(Pod, new ExecRequest("main", ["echo", new string('é', 100_000)]));
        Assert.Equal(ApiServerFailure.Invalid, failure.Kind);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Who_cancels_gets_no_failure_of_the_server()
    {
        _server.IsMute = true;
        using var cancellation = new CancellationTokenSource();
        Task<ExecStream> starting = _client.ExecAsync(Pod, Request, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting.Limited());
    }

    private Task<ApiServerException> FailAsync(PodTarget pod, ExecRequest? request = null) =>
        Assert.ThrowsAsync<ApiServerException>(() => _client.ExecAsync(pod, request ?? Request, CancellationToken.None).Limited());
}
