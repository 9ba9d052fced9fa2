using Mono.Cecil;

namespace SafeMedLabel.Testing;

/// <summary>
/// Finds, in the compiled code of an assembly, where a number meets a tensor through a native object (TorchSharp's <c>Scalar</c>) that nothing keeps
/// alive while native code reads it. It reads TorchSharp's own code too: many of its members make such an object inside.
/// </summary>
public sealed class UnheldScalars
{
    private const string Scalar = "TorchSharp.Scalar";
    private const string Tensor = "TorchSharp.torch/Tensor";

    /// <summary>Makes objects of the numbers it is given, but none of those that are objects already; the one class gives it no others.</summary>
    private const string ScriptCall = "TorchSharp.torch/jit/ScriptModule::invoke(";

    private readonly string _folder;
    private readonly HashSet<string> _makers;

    /// <param name="torchSharp">Path of TorchSharp.dll.</param>
    public UnheldScalars(string torchSharp)
    {
        _folder = Path.GetDirectoryName(torchSharp)!;
        using var library = AssemblyDefinition.ReadAssembly(torchSharp);
        _makers = Makers(library);
    }

    /// <summary>One line for each call that breaks the rule: which method calls what, and why that is not safe.</summary>
    /// <param name="assembly">Path of the assembly.</param>
    /// <param name="holders">
    /// Full names of the types that may make Scalars. Of them it is asked that each method that gets one has a <c>finally</c>, as <c>using</c> makes it,
    /// or returns it, and that none calls a member that makes one inside.
    /// </param>
    public IReadOnlyList<string> Find(string assembly, params string[] holders)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(_folder);
        using var read = AssemblyDefinition.ReadAssembly(assembly, new ReaderParameters { AssemblyResolver = resolver });
        return
        [
            .. from method in Methods(read)
               let isHolder = holders.Contains(Outermost(method.DeclaringType).FullName)
               from called in Called(method)
               let problem = isHolder ? ProblemOfHolder(method, called) : Problem(called)
               where problem is not null
               select $"{method.DeclaringType.FullName}.{method.Name} calls {called.DeclaringType.Name}.{called.Name}({Types(called)}): {problem}.",
        ];
    }

    private string? Problem(MethodReference called) => called switch
    {
        _ when called.ReturnType.FullName == Scalar => "it makes a Scalar",
        _ when called.Parameters.Any(p => p.ParameterType.GetElementType().FullName == Scalar) => "it is handed a Scalar",
        { Name: "op_Implicit", DeclaringType.FullName: Tensor } => "it makes a tensor that nothing holds",
        _ when !IsOfTorchSharp(called.DeclaringType) => null,
        _ when _makers.Contains(Definition(called).FullName) => "it makes a Scalar inside",
        _ when Made(called) is { } module && WorksWithScalars(module) is { } member => $"it makes a module whose {member} makes a Scalar inside",
        _ => null,
    };

    private string? ProblemOfHolder(MethodDefinition method, MethodReference called) => called switch
    {
        _ when called.ReturnType.FullName == Scalar && !Holds(method) => "it gets a Scalar and does not hold it",
        _ when !IsOfTorchSharp(called.DeclaringType) || called.ReturnType.FullName == Scalar => null,
        _ when Definition(called) is var definition && _makers.Contains(definition.FullName) && !definition.FullName.Contains(ScriptCall, StringComparison.Ordinal) =>
            "it makes a Scalar inside",
        _ => null,
    };

    /// <summary>A static constructor puts what it makes into a field.</summary>
    private static bool Holds(MethodDefinition method) =>
        method.ReturnType.FullName == Scalar || method is { IsConstructor: true, IsStatic: true } ||
        method.Body.ExceptionHandlers.Any(handler => handler.HandlerType == Mono.Cecil.Cil.ExceptionHandlerType.Finally);

    /// <summary>A type of the library that the call makes an object of, or that a type of ours is derived from.</summary>
    private static TypeReference? Made(MethodReference called) =>
        called.Name == ".ctor" ? called.DeclaringType : IsOfTorchSharp(called.ReturnType) ? called.ReturnType : null;

    /// <summary>A member that is called through a base class, so that no call names it: a module's <c>forward</c>, an optimizer's <c>step</c>.</summary>
    private string? WorksWithScalars(TypeReference type)
    {
        for (var current = type.Resolve(); current is not null && IsOfTorchSharp(current) && current.FullName != Tensor; current = current.BaseType?.Resolve())
        {
            if (current.Methods.FirstOrDefault(m => m.IsVirtual && m.Name != nameof(ToString) && _makers.Contains(m.FullName)) is { } member)
            {
                return member.Name;
            }
        }

        return null;
    }

    /// <summary>The methods of TorchSharp that make a Scalar, and those that call them, directly or through others.</summary>
    private static HashSet<string> Makers(AssemblyDefinition library)
    {
        var calls = Methods(library)
            .Where(m => m.DeclaringType.FullName is not Scalar and not "TorchSharp.ScalarExtensionMethods")
            .SelectMany(m => Called(m).Select(called => (Caller: m.FullName, Called: called)))
            .ToArray();
        var callers = calls.ToLookup(c => Name(c.Called, library), c => c.Caller);
        var left = new Stack<string>(calls.Where(c => c.Called.ReturnType.FullName == Scalar || c.Called is { Name: ".ctor", DeclaringType.FullName: Scalar }).Select(c => c.Caller));
        var makers = new HashSet<string>();
        while (left.TryPop(out var maker))
        {
            if (makers.Add(maker))
            {
                foreach (var caller in callers[maker])
                {
                    left.Push(caller);
                }
            }
        }

        return makers;
    }

    private static string Name(MethodReference called, AssemblyDefinition library) =>
        called.DeclaringType.Scope == library.MainModule ? Definition(called).FullName : called.FullName;

    private static MethodReference Definition(MethodReference called) => called.Resolve() ?? called;

    private static IEnumerable<MethodDefinition> Methods(AssemblyDefinition assembly) =>
        assembly.MainModule.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody);

    private static IEnumerable<MethodReference> Called(MethodDefinition method) => method.Body.Instructions.Select(i => i.Operand).OfType<MethodReference>();

    private static bool IsOfTorchSharp(TypeReference type) =>
        type.GetElementType() is { IsGenericParameter: false } element && element.Scope?.Name is "TorchSharp" or "TorchSharp.dll";

    private static TypeDefinition Outermost(TypeDefinition type) => type.DeclaringType is null ? type : Outermost(type.DeclaringType);

    private static string Types(MethodReference called) => string.Join(", ", called.Parameters.Select(p => p.ParameterType.Name));
}
