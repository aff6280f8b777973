using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace SshGateway.Hosting;

/// <summary>Reads a section of the configuration into options and reports everything wrong at once.</summary>
internal static class OptionsSection
{
    /// <param name="bind">Binds the section; given by the caller, because the binder is generated for the type at the
    /// call.</param>
    /// <param name="check">What is wrong with the options, a sentence each.</param>
    /// <exception cref="ConfigurationException">A key is unknown, or a value cannot be used.</exception>
    public static T Read<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(
        IConfiguration configuration, string section, Action<IConfigurationSection, T> bind, Func<T, IEnumerable<string>> check)
        where T : new()
    {
        PropertyInfo[] properties = [.. FindProperties<T>()];
        string[] keys = [.. properties.Select(property => property.Name)];
        IConfigurationSection found = configuration.GetSection(section);
        List<string> failures = [.. FindMisspelt(configuration, section, keys), .. FindUnknown(found, keys)];
        if (found.Value is { Length: > 0 })
        {
            failures.Add($"{section} is one value, and must have keys; write {section}:<key>=<value>");
        }
        string[] malformed =
        [
            .. found.GetChildren().SelectMany(child => properties.Where(property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase))
                .SelectMany(property => SettingForm.FindProblems(property, child))),
        ];
        failures.AddRange(malformed);
        var options = new T();
        if (malformed.Length == 0)
        {
            bind(found, options);
            failures.AddRange(check(options));
        }
        return failures.Count == 0 ? options : throw new ConfigurationException(failures);
    }

    /// <summary>Every key: each property that can be set or is a list. The others are derived from them.</summary>
    public static IEnumerable<string> FindKeys<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>() =>
        FindProperties<T>().Select(property => property.Name);

    /// <summary>For a list of checks: the problem, if it is one.</summary>
    public static string[] RefuseIf(bool isWrong, string problem) => isWrong ? [problem] : [];

    private static IEnumerable<PropertyInfo> FindProperties<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>() => typeof(T)
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.SetMethod is { IsPublic: true } || property.PropertyType == typeof(IList<string>));

    private static IEnumerable<string> FindUnknown(IConfigurationSection section, string[] keys) =>
        from child in section.GetChildren()
        where !keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase)
        let meant = Spelling.Closest(child.Key, keys)
        select $"{section.Path}:{child.Key} is no key; {(meant is null ? "" : $"did you mean {section.Path}:{meant}? ")}There are {string.Join(", ", keys)}";

    // Environment variables are the whole machine's: a section is a misspelt one of ours when it has one of our keys
    // and nearly our name.
    private static IEnumerable<string> FindMisspelt(IConfiguration configuration, string section, string[] keys) =>
        from other in configuration.GetChildren()
        where !ConfigurationSources.Sections.Contains(other.Key, StringComparer.OrdinalIgnoreCase) && Spelling.Closest(other.Key, [section]) is not null
        let child = other.GetChildren().FirstOrDefault(child => keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
        where child is not null
        select $"{child.Path}: there is no section \"{other.Key}\"; write {section}:{child.Key}, or {section}__{child.Key} as an environment variable";
}
