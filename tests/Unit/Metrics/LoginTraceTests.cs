using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SshGateway.Feed;
using SshGateway.Hosting.Metrics;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Grpc;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;
using Activity = System.Diagnostics.Activity;

namespace SshGateway.Tests.Unit.Metrics;

/// <summary>A login as spans.</summary>
public sealed class LoginTraceTests : IAsyncLifetime, IDisposable
{
    private readonly GatewayRig _gateway = new(new ProxyOptions(), new PodLoginLimits());

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task A_collector_gets_a_login_and_its_steps()
    {
        var received = new ConcurrentQueue<(string Path, string Body)>();
        await using TestServer collector = await TestServer.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.Enqueue((context.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.AddGatewayMetrics(collector.Address.ToString(), "sshgateway-test", "instance-8", hasTraces: true);
        await using (WebApplication app = builder.Build())
        {
            foreach (IHostedService service in app.Services.GetServices<IHostedService>().OfType<OtlpExport>())
            {
                await service.StartAsync(CancellationToken.None);
            }
            await LogInAsync("exported");
        }

        const string Traces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        await Eventually.TrueAsync(() => received.Any(request => request.Path == Traces && request.Body.Contains("exported", StringComparison.Ordinal)), "no trace came");
        string sent = string.Concat(received.Where(request => request.Path == Traces).Select(request => request.Body));
        Assert.All(
            new[] { "sshgateway-test", "instance-8", LoginTrace.Login, LoginTrace.KeyExchange, LoginTrace.Authentication, LoginTrace.Wait, LoginTrace.Dial, LoginTrace.PodLogin },
            words => Assert.Contains(words, sent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_steps_are_children_of_their_login_in_their_order()
    {
        using var spans = new Spans();
        await LogInAsync("ordered");

        Activity login = await spans.LoginAsync("ordered");
        Activity[] steps = spans.StepsOf(login);
        Assert.Equal([LoginTrace.KeyExchange, LoginTrace.Authentication, LoginTrace.Wait, LoginTrace.Dial, LoginTrace.PodLogin], steps.Select(step => step.OperationName));
        Assert.All(steps, step => Assert.Equal(login.SpanId, step.ParentSpanId));
        Assert.All(steps, step => Assert.InRange(step.StartTimeUtc + step.Duration, login.StartTimeUtc, login.StartTimeUtc + login.Duration + TimeSpan.FromMilliseconds(50)));
        Assert.Equal((ActivityStatusCode.Unset, "ssh"), (login.Status, login.GetTagItem("protocol")));
        Assert.Matches(@"\A[0-9a-f]{8}-\d+\z", Assert.IsType<string>(login.GetTagItem("connection")));
    }

    [Fact]
    public async Task A_login_that_is_refused_ends_with_an_error()
    {
        using var spans = new Spans();
        using SshPrivateKey stranger = Ed25519PrivateKey.Generate();
        await using (SshClientTransport client = await _gateway.ConnectForAuthenticationAsync())
        {
            await client.Output.SendAsync(AuthMessages.Query("refused-trace", stranger)).Limited();
            Assert.Equal(MessageNumber.UserAuthFailure, (await client.ReceiveAsync().Limited()).Number);
            client.Abort();
        }

        Activity login = await spans.LoginAsync("refused-trace");
        Assert.Equal((ActivityStatusCode.Error, "AuthenticationFailed"), (login.Status, login.GetTagItem("end")));
        Assert.Equal([LoginTrace.KeyExchange, LoginTrace.Authentication], spans.StepsOf(login).Select(step => step.OperationName));
    }

    // At a session whose pod becomes ready only when the login waits for it.
    private async Task LogInAsync(string session)
    {
        _gateway.Table.Upsert(Sessions.Entry(session, EndpointState.NotReady, endpoint: _gateway.Pod.EndPoint, reason: ReadyReasons.PodNotReady, keys: [_gateway.Key.PublicKey]));
        await using SshClientTransport client = await _gateway.ConnectForAuthenticationAsync();
        await client.Output.SendAsync(AuthMessages.Signed(client, session, _gateway.Key)).Limited();
        Assert.Equal(MessageNumber.UserAuthBanner, (await client.ReceiveAsync().Limited()).Number);
        _gateway.Table.Upsert(Sessions.Entry(session, endpoint: _gateway.Pod.EndPoint, keys: [_gateway.Key.PublicKey]));
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        client.Abort();
        await _gateway.Ends.NextAsync();
    }

    /// <summary>What ended, of all tests that run meanwhile.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;

        public Spans()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name.StartsWith(MetricsText.OwnMeters, StringComparison.Ordinal),
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = _ended.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public async Task<Activity> LoginAsync(string session)
        {
            Activity? login = null;
            await Eventually.TrueAsync(
                () => (login = _ended.FirstOrDefault(span => span.OperationName == LoginTrace.Login && (string?)span.GetTagItem("session") == session)) is not null, "no login ended");
            return login!;
        }

        public Activity[] StepsOf(Activity login) => [.. _ended.Where(span => span.TraceId == login.TraceId && span != login).OrderBy(span => span.StartTimeUtc)];

        public void Dispose() => _listener.Dispose();
    }
}
