namespace DevicePlugin.Nomad.Hosting;

/// <summary>A value as HCL's type system has it once its type no longer matters: what its MessagePack form shows.</summary>
internal abstract record CtyValue
{
    private CtyValue()
    {
    }

    public static CtyValue Null { get; } = new NullValue();

    /// <summary>How a message names what was found.</summary>
    public abstract string Kind { get; }

    public sealed record NullValue : CtyValue
    {
        public override string Kind => "null";
    }

    public sealed record Boolean(bool Value) : CtyValue
    {
        public override string Kind => Value ? "the bool true" : "the bool false";
    }

    public sealed record Number(CtyNumber Value) : CtyValue
    {
        public override string Kind => $"the number {Value}";
    }

    public sealed record Text(string Value) : CtyValue
    {
        public override string Kind => $"the string \"{Value}\"";
    }

    public sealed record Sequence(IReadOnlyList<CtyValue> Items) : CtyValue
    {
        public override string Kind => "a list";
    }

    /// <summary>An object or a map: in order of the keys' bytes, as Go sorts them.</summary>
    public sealed record Mapping(SortedDictionary<string, CtyValue> Items) : CtyValue
    {
        public override string Kind => "an object";

        public static SortedDictionary<string, CtyValue> CreateItems() => new(StringComparer.Ordinal);
    }
}
