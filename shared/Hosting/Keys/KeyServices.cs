using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SshGateway.Ssh.Keys;

namespace SshGateway.Hosting.Keys;

/// <summary>Adds what is made of key files, as <c>Func&lt;T&gt;</c>: SIGHUP reads the files again.</summary>
internal static class KeyServices
{
    public static void AddKeyFiles<T>(this IServiceCollection services, string setting, IEnumerable<string> paths, Func<IReadOnlyList<SshPrivateKey>, T> make)
        where T : class
    {
        services.AddSingleton(provider => new KeyFiles<T>(setting, paths, make, TimeProvider.System, provider.GetRequiredService<ILogger<KeyFiles<T>>>()));
        AddCurrent<KeyFiles<T>, SshPrivateKey, T>(services);
    }

    public static void AddPublicKeyFiles<T>(this IServiceCollection services, string setting, IEnumerable<string> paths, Func<IReadOnlyList<SshPublicKey>, T> make)
        where T : class
    {
        services.AddSingleton(provider => new PublicKeyFiles<T>(setting, paths, make, TimeProvider.System, provider.GetRequiredService<ILogger<PublicKeyFiles<T>>>()));
        AddCurrent<PublicKeyFiles<T>, SshPublicKey, T>(services);
    }

    private static void AddCurrent<TFiles, TKey, T>(IServiceCollection services)
        where TFiles : KeyFiles<TKey, T>
        where T : class
    {
        services.AddSingleton<IReloadable>(provider => provider.GetRequiredService<TFiles>());
        services.AddSingleton<Func<T>>(provider =>
        {
            TFiles files = provider.GetRequiredService<TFiles>();
            return () => files.Current;
        });
    }
}
