nav-board = Board
board-region = Board, scrolls sideways
board-move = Move { $id } to
board-more = More in the list
board-new = New ticket in { $status }
board-empty = Nothing on this board yet
board-empty-words = Each ticket is a card in the column of its status. Make the first one.
