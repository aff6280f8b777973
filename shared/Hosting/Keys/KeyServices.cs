using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SshGateway.Ssh.Keys;

namespace SshGateway.Hosting.Keys;

/// <summary>Adds key files to a program. SIGHUP reads them again.</summary>
internal static class KeyServices
{
    /// <summary>What is made of private key files, which may change: as <c>Func&lt;T&gt;</c>, too.</summary>
    public static void AddKeyFiles<T>(this IServiceCollection services, string setting, IEnumerable<string> paths, Func<IReadOnlyList<SshPrivateKey>, T> make)
        where T : class
    {
        services.AddSingleton(provider => new KeyFiles<T>(setting, paths, make, TimeProvider.System, provider.GetRequiredService<ILogger<KeyFiles<T>>>()));
        services.AddSingleton<IReloadable>(provider => provider.GetRequiredService<KeyFiles<T>>());
        services.AddSingleton<Func<T>>(provider =>
        {
            KeyFiles<T> files = provider.GetRequiredService<KeyFiles<T>>();
            return () => files.Current;
        });
    }
}
