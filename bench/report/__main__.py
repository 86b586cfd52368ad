"""`python -m bench.report`."""

import sys

from bench.report.command import main

sys.exit(main())
