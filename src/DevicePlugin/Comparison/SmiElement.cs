using System.Text;

namespace DevicePlugin.Comparison;

/// <summary>An element of what <c>nvidia-smi -q -x</c> prints.</summary>
/// <param name="name">Empty for the document, which is around the root.</param>
/// <param name="parent">Null for the document.</param>
internal sealed class SmiElement(string name, SmiElement? parent)
{
    private readonly StringBuilder _text = new();

    public string Name => name;

    public SmiElement? Parent => parent;

    public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

    public List<SmiElement> Children { get; } = [];

    /// <summary>What stands in it outside its children.</summary>
    public string Text => _text.ToString();

    /// <summary>A child may stand between two parts of the text, and any number of them may.</summary>
    public void AddText(string part) => _text.Append(part);

    public SmiElement? Child(string child) => Children.Find(element => element.Name == child);

    /// <param name="path">
    /// Names with slashes between them; with one before them they begin at the root. Names of older drivers follow after bars.
    /// </param>
    public SmiElement? Find(string path) =>
        path.Split('|').Select(FindOne).FirstOrDefault(element => element is not null);

    private SmiElement? FindOne(string path) => path
        .Split('/', StringSplitOptions.RemoveEmptyEntries)
        .Aggregate((SmiElement?)(path[0] == '/' ? Root() : this), (element, child) => element?.Child(child));

    private SmiElement Root()
    {
        var root = this;
        while (root.Parent is { Name.Length: > 0 } above)
        {
            root = above;
        }

        return root;
    }
}
