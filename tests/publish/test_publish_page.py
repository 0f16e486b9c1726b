"""A force's page: it stands by itself, every figure walks back, nothing is said that should not."""

import re
from dataclasses import replace

import pytest
from conftest_pages import faults, read_page

from openpeel.profiles.findings import Description
from openpeel.publish.page import Pages
