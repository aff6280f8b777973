using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace SshGateway.Hosting;

/// <summary>
/// Reads a section of the configuration into options, and reports everything that is wrong with it at once.
/// </summary>
public static class OptionsSection
{
    /// <param name="configuration">The configuration.</param>
    /// <param name="section">The section's name.</param>
    /// <param name="bind">Binds the section; given by the caller, because the binder is generated for the type at the
    /// call.</param>
    /// <param name="check">What is wrong with the options, a sentence each.</param>
    /// <exception cref="ConfigurationException">A key is unknown, or a value cannot be used.</exception>
    public static T Read<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(
        IConfiguration configuration, string section, Action<IConfigurationSection, T> bind, Func<T, IEnumerable<string>> check)
        where T : new()
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(bind);
        ArgumentNullException.ThrowIfNull(check);
        string[] keys = [.. FindKeys<T>()];
        IConfigurationSection found = configuration.GetSection(section);
        List<string> failures =
        [
            .. found.GetChildren().Select(child => child.Key).Except(keys, StringComparer.OrdinalIgnoreCase)
                .Select(key => $"{section}:{key} is no key; there are {string.Join(", ", keys)}"),
        ];
        var options = new T();
        try
        {
            bind(found, options);
            failures.AddRange(check(options));
        }
        catch (InvalidOperationException exception)
        {
            // The binder's message names the key, the value and the type.
            failures.Add(exception.Message);
        }
        return failures.Count == 0 ? options : throw new ConfigurationException(failures);
    }

    /// <summary>
    /// Every key of these options: each property that can be set or is a list. The others are derived from them.
    /// </summary>
    public static IEnumerable<string> FindKeys<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>() => typeof(T)
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.SetMethod is { IsPublic: true } || property.PropertyType == typeof(IList<string>))
        .Select(property => property.Name);
}
