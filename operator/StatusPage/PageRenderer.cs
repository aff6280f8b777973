using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.Logging.Abstractions;

namespace SshGateway.Operator.StatusPage;

/// <summary>Renders the components. They escape every text.</summary>
internal static class PageRenderer
{
    public static Task<string> RenderDocumentAsync(PageModel model) => RenderAsync<StatusDocument>(model);

    /// <summary>The part that changes.</summary>
    public static Task<string> RenderTableAsync(PageModel model) => RenderAsync<SessionTable>(model);

    // Components are public types, and so would be all that their parameters are made of. Services need not be.
    private static async Task<string> RenderAsync<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(PageModel model)
        where T : IComponent
    {
        await using var renderer = new HtmlRenderer(new ModelProvider(model), NullLoggerFactory.Instance);
        return await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<T>()).ToHtmlString());
    }

    private sealed class ModelProvider(PageModel model) : IServiceProvider
    {
        public object? GetService(Type serviceType) => serviceType == typeof(PageModel) ? model : null;
    }
}
