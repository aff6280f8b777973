using Mono.Cecil;
using Mono.Cecil.Cil;

namespace SshGateway.Tests.Unit.Architecture;

/// <summary>
/// Which namespaces of an assembly use which others, read from the built assembly. The compiler copies constants into
/// the code that uses them, so an arrow that consists of constants alone is not found.
/// </summary>
internal sealed class NamespaceGraph
{
    // From a namespace to those that it uses, each with one example.
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _arrows = new(StringComparer.Ordinal);
    private readonly string _root;

    private NamespaceGraph(string root) => _root = root;

    /// <summary>Every namespace below the root, by its name without the root.</summary>
    public IEnumerable<string> Namespaces => _arrows.Keys;

    public IEnumerable<(string From, string To, string Example)> Arrows =>
        _arrows.SelectMany(from => from.Value.Select(to => (from.Key, to.Key, to.Value)));

    /// <param name="assemblyFile">The assembly.</param>
    /// <param name="root">Its root namespace. What generators put elsewhere does not count.</param>
    public static NamespaceGraph Read(string assemblyFile, string root)
    {
        var graph = new NamespaceGraph(root);
        using ModuleDefinition module = ModuleDefinition.ReadModule(assemblyFile);
        foreach (TypeDefinition type in module.Types)
        {
            graph.Add(type, type);
        }
        return graph;
    }

    /// <summary>The shortest cycle through each namespace that is on one, as readable lines.</summary>
    public IReadOnlyList<string> FindCycles()
    {
        var found = new List<string>();
        var reported = new HashSet<string>(StringComparer.Ordinal);
        foreach (string start in _arrows.Keys)
        {
            if (!reported.Contains(start) && FindPath(start, start) is { } cycle)
            {
                reported.UnionWith(cycle);
                found.Add(string.Join("; ", cycle.Zip(cycle.Skip(1), (from, to) => $"{from} -> {to} ({_arrows[from][to]})")));
            }
        }
        return found;
    }

    private string[]? FindPath(string from, string to)
    {
        var queue = new Queue<string[]>([[from]]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (queue.TryDequeue(out string[]? path))
        {
            foreach (string next in _arrows[path[^1]].Keys)
            {
                if (next == to)
                {
                    return [.. path, next];
                }
                if (seen.Add(next))
                {
                    queue.Enqueue([.. path, next]);
                }
            }
        }
        return null;
    }

    private void Add(TypeDefinition outermost, TypeDefinition type)
    {
        if (NameOf(outermost) is not { } from)
        {
            return;
        }
        _arrows.TryAdd(from, new(StringComparer.Ordinal));
        foreach (TypeDefinition used in TypesUsedBy(type).SelectMany(Parts).OfType<TypeDefinition>().Select(Outermost))
        {
            if (NameOf(used) is { } to && to != from)
            {
                _arrows.TryAdd(to, new(StringComparer.Ordinal));
                _arrows[from].TryAdd(to, $"{outermost.Name} uses {used.Name}");
            }
        }
        foreach (TypeDefinition nested in type.NestedTypes)
        {
            Add(outermost, nested);
        }
    }

    /// <summary>Null: not below the root.</summary>
    private string? NameOf(TypeDefinition type) =>
        type.Namespace == _root ? "(root)"
        : type.Namespace.StartsWith(_root + ".", StringComparison.Ordinal) ? type.Namespace[(_root.Length + 1)..]
        : null;

    private static TypeDefinition Outermost(TypeDefinition type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    // A generic instance, array or reference, and what it is made of.
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => [.. Parts(generic.ElementType), .. generic.GenericArguments.SelectMany(Parts)],
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };

    private static IEnumerable<TypeReference> TypesUsedBy(TypeDefinition type)
    {
        IEnumerable<TypeReference?> used =
        [
            type.BaseType,
            .. type.Interfaces.Select(implemented => implemented.InterfaceType),
            .. type.Fields.Select(field => field.FieldType),
            .. type.Properties.Select(property => property.PropertyType),
            .. type.Events.Select(raised => raised.EventType),
            .. AttributesOf(type), .. type.Fields.SelectMany(AttributesOf), .. type.Properties.SelectMany(AttributesOf),
            .. Constraints(type),
            .. type.Methods.SelectMany(TypesUsedBy),
        ];
        return used.OfType<TypeReference>();
    }

    private static IEnumerable<TypeReference?> TypesUsedBy(MethodDefinition method) =>
    [
        method.ReturnType,
        .. method.Parameters.Select(parameter => parameter.ParameterType),
        .. AttributesOf(method),
        .. Constraints(method),
        .. method.HasBody ? TypesUsedBy(method.Body) : [],
    ];

    private static IEnumerable<TypeReference?> TypesUsedBy(MethodBody body) =>
    [
        .. body.Variables.Select(variable => variable.VariableType),
        .. body.ExceptionHandlers.Select(handler => handler.CatchType),
        .. body.Instructions.SelectMany(instruction => instruction.Operand switch
        {
            TypeReference type => [type],
            GenericInstanceMethod method => [method.DeclaringType, .. method.GenericArguments],
            MemberReference member => [member.DeclaringType],
            _ => Array.Empty<TypeReference>(),
        }),
    ];

    private static IEnumerable<TypeReference> AttributesOf(ICustomAttributeProvider member) => member.CustomAttributes.Select(attribute => attribute.AttributeType);

    private static IEnumerable<TypeReference> Constraints(IGenericParameterProvider member) =>
        member.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType);
}
