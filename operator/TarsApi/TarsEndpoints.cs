using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SshGateway.Feed;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Table;

namespace SshGateway.Operator.TarsApi;

/// <summary>
/// <c>GET /internal/sessions/{id}/pod</c> and <c>…/ssh-key</c>, as TARS has them, answered from the table. Who may not
/// ask learns nothing: not which sessions there are, and not which paths.
/// </summary>
internal sealed class TarsEndpoints(EndpointTable table, CallerAuthentication callers, TimeProvider time)
{
    // RFC 6750 section 3: the error is only named to who has sent a token.
    private const string Challenge = "Bearer realm=\"ssh-gateway\"";
    private const string RefusedChallenge = $"{Challenge}, error=\"invalid_token\"";

    private const string SecondsUntilServer = "5";
    private const string SecondsUntilTable = "1";

    public Task HandleAsync(HttpContext context) => AdmitAsync(context, AnswerAsync);

    /// <summary>Has a request answered if its caller may ask, and otherwise says why not.</summary>
    public async Task AdmitAsync(HttpContext context, RequestDelegate answer)
    {
        context.Response.Headers.CacheControl = "no-store";
        switch (await callers.JudgeAsync(context))
        {
            case CallerVerdict.Allowed:
                await answer(context);
                break;
            case CallerVerdict.NoToken:
                context.Response.Headers.WWWAuthenticate = Challenge;
                await FailAsync(context, StatusCodes.Status401Unauthorized, $"send a ServiceAccount's token for the audience {TokenVerifier.Audience}: Authorization: Bearer <token>");
                break;
            case CallerVerdict.BadToken:
                context.Response.Headers.WWWAuthenticate = RefusedChallenge;
                await FailAsync(context, StatusCodes.Status401Unauthorized, $"the API server does not know this token, or it has expired, or it is not for the audience {TokenVerifier.Audience}");
                break;
            case CallerVerdict.Forbidden:
                await FailAsync(context, StatusCodes.Status403Forbidden, "this ServiceAccount may not ask; Operator:InternalCallers lists who may");
                break;
            case CallerVerdict.NobodyAllowed:
                await FailAsync(context, StatusCodes.Status403Forbidden, "nobody may ask; list the ServiceAccounts that may in Operator:InternalCallers");
                break;
            case CallerVerdict.NoServer:
                await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "there is no API server to ask whose a token is; these answers need Operator:Source=Kubernetes");
                break;
            default:
                context.Response.Headers.RetryAfter = SecondsUntilServer;
                await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "the API server cannot be asked now whose the token is");
                break;
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path.Value!.Split('/') is not ["", "internal", "sessions", { Length: > 0 } sessionId, "pod" or "ssh-key"] parts)
        {
            await FailAsync(context, StatusCodes.Status404NotFound, "there are /internal/sessions/{id}/pod and /internal/sessions/{id}/ssh-key");
        }
        else if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = HttpMethods.Get;
            await FailAsync(context, StatusCodes.Status405MethodNotAllowed, "use GET");
        }
        else if (!table.IsFilled)
        {
            context.Response.Headers.RetryAfter = SecondsUntilTable;
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "the sessions and pods have not all been read yet");
        }
        else if (table.Find(sessionId) is not { } found)
        {
            await FailAsync(context, StatusCodes.Status404NotFound, "there is no such session");
        }
        else
        {
            Entry entry = Entry.Parser.ParseFrom(found.Wire.Span);
            await (parts[^1] == "pod"
                ? WriteAsync(context, PodAnswer.From(entry, time.GetUtcNow()), TarsJson.Default.PodAnswer)
                : WriteAsync(context, KeysAnswer.From(entry), TarsJson.Default.KeysAnswer));
        }
    }

    private static Task FailAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new ErrorAnswer(sentence), TarsJson.Default.ErrorAnswer);
    }

    private static Task WriteAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type) =>
        context.Response.WriteAsJsonAsync(answer, type, contentType: null, context.RequestAborted);
}

/// <summary>Why there is no answer.</summary>
internal sealed record ErrorAnswer(string Error);

/// <summary>Writes the answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PodAnswer))]
[JsonSerializable(typeof(KeysAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class TarsJson : JsonSerializerContext;
