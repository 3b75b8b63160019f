# The campaign is workflow/Snakefile, where catalogs and modules look for it; from here it is the same.
include: "workflow/Snakefile"


# An include leaves the default target to the file that includes.
workflow.default_target = "all"
