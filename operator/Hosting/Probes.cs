using SshGateway.Operator.Table;

namespace SshGateway.Operator.Hosting;

/// <summary><c>/healthz</c>: the process answers. <c>/readyz</c>: the table is complete.</summary>
internal static class Probes
{
    public static Task HandleAsync(HttpContext context, EndpointTable table) => context.Request.Path.Value switch
    {
        "/healthz" => AnswerAsync(context, StatusCodes.Status200OK, "ok"),
        "/readyz" when table.IsFilled => AnswerAsync(context, StatusCodes.Status200OK, "ready"),
        "/readyz" => AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, "the sessions and pods have not all been read yet"),
        _ => AnswerAsync(context, StatusCodes.Status404NotFound, "there are /healthz and /readyz"),
    };

    private static Task AnswerAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(sentence + "\n");
    }
}
