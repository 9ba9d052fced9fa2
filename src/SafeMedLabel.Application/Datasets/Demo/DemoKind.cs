namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>What is drawn in a cell of the demo set. The last four are ambiguous on purpose.</summary>
public enum DemoKind
{
    /// <summary>A cell with nothing in it.</summary>
    Plain,

    /// <summary>A cell with one parasite: a ring with its chromatin dot, a dot at the margin, or a compact body.</summary>
    Ring,

    /// <summary>A cell with two or three rings.</summary>
    MultipleRings,

    /// <summary>A cell without a parasite on which a platelet lies: granular, with more or less of a pale halo.</summary>
    Platelet,

    /// <summary>A cell without a parasite on which stain has precipitated: dark specks, or a clump that passes for chromatin.</summary>
    Precipitate,

    /// <summary>A cell of either class, out of focus.</summary>
    Blurred,

    /// <summary>A cell with a ring that has hardly taken the stain.</summary>
    FaintRing,
}
